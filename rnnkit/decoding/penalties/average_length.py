"""The mean log-probability of a token."""


def average_length(scores, lengths):
    """score / length"""
    return scores / lengths
