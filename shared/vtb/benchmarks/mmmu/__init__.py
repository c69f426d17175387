"""MMMU: questions of college exams with pictures, in 30 subjects (Yue et al. 2023, arXiv 2311.16502)."""

NAME = "mmmu"  # the source of its examples
DISCIPLINES = {
    "art_design": ("art", "art_theory", "design", "music"),
    "business": ("accounting", "economics", "finance", "manage", "marketing"),
    "science": ("biology", "chemistry", "geography", "math", "physics"),
    "health_medicine": (
        "basic_medical_science", "clinical_medicine", "diagnostics_and_laboratory_medicine", "pharmacy",
        "public_health",
    ),
    "humanities_social": ("history", "literature", "psychology", "sociology"),
    "tech_engineering": (
        "agriculture", "architecture_and_engineering", "computer_science", "electronics", "energy_and_power",
        "materials", "mechanical_engineering",
    ),
}  # fmt: skip
