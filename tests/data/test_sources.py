"""Source text: what is read, in which order, and how it is split."""

import pytest

from rnnkit.data import SourceText, read_sources, standard_library


def test_the_standard_library_is_there_without_its_tests():
    source = standard_library()
    assert {"abc.py", "json/decoder.py"} <= set(source.names)
    assert list(source.names) == sorted(source.names, key=lambda n: n.split("/"))
    assert not {"test", "tests"} & {part for n in source.names for part in n.split("/")}
    assert len(source.text) > 5_000_000


@pytest.fixture
def folder(tmp_path):
    for name, content in {
        "b.tex": b"bb\r\n",
        "a/z.txt": "é".encode(),
        "c.bin": b"\xff\xfe\x00",
        ".git/config": b"hidden",
        "empty.txt": b"",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    return tmp_path


def test_a_folder_is_read_in_order_and_only_its_text(folder):
    source = read_sources(folder)
    assert source.names == ("a/z.txt", "b.tex")
    assert source.text == "ébb\n"


def test_of_a_folder_those_are_read_whose_names_end_so(folder):
    assert read_sources(folder, ".tex").names == ("b.tex",)
    with pytest.raises(ValueError, match=r"No text file \.md in"):
        read_sources(folder, ".md")


def test_a_file_is_read(folder):
    assert read_sources(folder / "b.tex").texts == ("bb\n",)


def test_the_split_holds_out_whole_files_or_the_end_of_one():
    several = SourceText(("a", "b", "c"), ("x" * 85, "y" * 8, "z" * 7))
    assert several.split() == ("x" * 85, "y" * 8 + "z" * 7)
    assert SourceText(("a",), ("0123456789",)).split() == ("012345678", "9")


def test_what_is_not_there_is_named(folder):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        read_sources(folder / "nowhere")
    with pytest.raises(ValueError, match=r"c\.bin.* not UTF-8"):
        read_sources(folder / "c.bin")
    (folder / "hollow").mkdir()
    with pytest.raises(ValueError, match="No text file"):
        read_sources(folder / "hollow")
