from widgets.cyfe.drawing import PALETTE, Drawing


def colors(drawing, labels):
    named = drawing.colors_for(labels)
    assert [label for label, _ in named] == labels
    return tuple(color for _, color in named)


def test_it_gives_a_colour_by_position_and_the_rest_from_the_palette():
    drawing = Drawing("line", colors=["#ABCDEF"])
    assert colors(drawing, ["a", "b", "c"]) == ("#abcdef", *PALETTE[:2])


def test_it_gives_no_palette_colour_that_another_label_has():
    assert colors(Drawing("line", colors={"b": PALETTE[0].upper()}), ["a", "b"]) == (PALETTE[1], PALETTE[0])


def test_it_has_a_colour_for_more_labels_than_the_palette_holds():
    labels = [str(n) for n in range(30)]
    assert len(colors(Drawing("line", colors=list(PALETTE)), labels)) == 30
    assert len(colors(Drawing("line", colors=["#abcdef"] * 40), labels)) == 30
