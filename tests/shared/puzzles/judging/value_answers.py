"""Answers to visual puzzles, and which value they name.

The values are ``VOCABULARY``; where there are lettered options they are ``OPTIONS``.
"""

VOCABULARY = ["blue", "red", "green", "light blue", "very light blue"]
OPTIONS = ["blue", "red", "green"]

OPEN: list[tuple[str, str | None]] = [
    ("blue", "blue"),
    ("Blue.", "blue"),
    ("**Light-Blue**", "light blue"),
    ("light_blue", "light blue"),
    ("'red'", "red"),
    ("“red”", "red"),
    ('{"answer": "light blue"}', "light blue"),
    ("{'answer': 'red', 'others': ['blue', 'green']}", "red"),
    ('```json\n{"color": "green"}\n```', "green"),
    (r"\boxed{\text{red}}", "red"),
    ("<answer>red</answer>", "red"),
    ("<answer>RED</answer> and not blue", "red"),
    ("The missing color is green.", "green"),
    ("The answer is red, since the triangle opposite the blue one is green.", "red"),
    ("The corners are red and the edges blue, so the missing one is green", "green"),
    ("It is not blue, it is red", "red"),
    ("red, not blue", "red"),
    ("red? No: blue.", "blue"),
    ("Red is wrong, blue is right.", "blue"),
    ("答案是red。", "red"),
    ("red or blue", None),
    ("red, blue and green", None),
    ("either red or light blue", None),
    ("bluegreen", None),
    ("no idea", None),
    ("B", None),
]
LETTERED: list[tuple[str, str | None]] = [
    ("B", "red"),
    ("b", "red"),
    ("(b)", "red"),
    ("'B'", "red"),
    ("{'answer': 'B'}", "red"),
    ('{"answer": "b"}', "red"),
    ("<answer>b</answer>", "red"),
    ("**B**", "red"),
    ("(B) red", "red"),
    ("B: red", "red"),
    ("**B. red**", "red"),
    ("\u0412", "red"),
    ("B. The blue and the green alternate.", "red"),
    ("A ❌ B ✅ C ❌", "red"),
    ("red (B)", "red"),
    ("答案是B。", "red"),
    ("B\nE.g. like the other two.", "red"),
    ("A) blue is wrong, so C", "green"),
    ("A) blue\nB) red\nC) green\n\nB", "red"),
    ("A) blue\nB) red\nC) green", None),
    ("A blue one", "blue"),
    ("A or B", None),
    ("A or green", None),
    ("D", None),
]
