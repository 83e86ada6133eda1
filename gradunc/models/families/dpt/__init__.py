"""Dense prediction transformers: DPT (Ranftl et al., ICCV 2021) and MiDaS 3 and 3.1 (Birkl et al., 2023)."""
