"""MonoViT (Zhao et al., 3DV 2022): a multi-path transformer (MPViT) and a nested decoder with channel attention."""
