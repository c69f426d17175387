"""DSR-Bench: dynamic spatial reasoning about videos, 13 types of questions (the DSR Suite of Tencent ARC)."""

NAME = "dsr-bench"  # the source of its examples
# Types by their published names, and how many questions of each others have counted (1,413 whose videos were there).
SIZES = {
    "abs_dis": 83, "abs_dir": 64, "abs_ori": 79, "abs_spd": 81, "abs_spd_comp": 91, "abs_dir_pred": 115,
    "rel_dis": 106, "rel_dir": 87, "rel_ori": 78, "rel_spd": 97, "rel_spd_comp": 138, "rel_dir_pred": 161,
    "non_temp": 233,
}  # fmt: skip
QUESTIONS = 1484  # as the paper says; the released file has been counted with 1,450
