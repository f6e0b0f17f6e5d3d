"""All pictures of a run on one page."""

from PIL import Image

WIDTH, GAP = 1400, 40  # points


def draw_page(paths, path):
    """Put pictures below one another, each as wide as the page.

    Args:
        paths: Of the pictures.
        path: Of the page.
    """
    rows = []
    for one in paths:
        with Image.open(one) as picture:
            size = WIDTH, round(picture.height * WIDTH / picture.width)
            if picture.width < 0.75 * WIDTH:  # a small one is not blown up
                size = picture.size
            rows.append(picture.convert("RGB").resize(size, Image.Resampling.LANCZOS))
    height = sum(row.height + GAP for row in rows) + GAP
    page = Image.new("RGB", (WIDTH + 2 * GAP, height), "white")
    top = GAP
    for row in rows:
        page.paste(row, ((page.width - row.width) // 2, top))
        top += row.height + GAP
    page.save(path)
