"""Uncertainty estimators by name. A new one is a file or a folder beside `gradient`, and one line here."""

from gradunc.registry import Entry

POSTHOC = "gradunc.uncertainty.posthoc"
EMPIRICAL = "gradunc.uncertainty.empirical"
PREDICTIVE = "gradunc.uncertainty.predictive"
FITTED = "gradunc.uncertainty.fitted"

ESTIMATORS: dict[str, Entry] = {
    "gradient": Entry(
        "gradunc.uncertainty.gradient.settings:GradientSettings", "gradunc.uncertainty.gradient.factory:gradient"
    ),
    "flip_difference": Entry(f"{POSTHOC}.settings:FlipDifferenceSettings", f"{POSTHOC}.flip:flip_difference"),
    "augmentation_spread": Entry(
        f"{POSTHOC}.settings:AugmentationSettings", f"{POSTHOC}.augmentations:augmentation_spread"
    ),
    "inference_dropout": Entry(f"{POSTHOC}.settings:DropoutSettings", f"{POSTHOC}.perturbed:inference_dropout"),
    "feature_noise": Entry(f"{POSTHOC}.settings:FeatureNoiseSettings", f"{POSTHOC}.perturbed:feature_noise"),
    "ensemble": Entry(f"{EMPIRICAL}.settings:EnsembleSettings", f"{EMPIRICAL}.ensemble:ensemble"),
    "mc_dropout": Entry(f"{EMPIRICAL}.dropout_settings:MCDropoutSettings", f"{EMPIRICAL}.mc_dropout:mc_dropout"),
    "noise_ensemble": Entry(f"{EMPIRICAL}.noise_settings:NoiseSettings", f"{EMPIRICAL}.noise:noise_ensemble"),
    "predicted": Entry(f"{PREDICTIVE}.settings:PredictedSettings", f"{PREDICTIVE}.predicted:predicted"),
    "feature_density": Entry(f"{FITTED}.density_settings:DensitySettings", f"{FITTED}.density:feature_density"),
    "last_layer_laplace": Entry(f"{FITTED}.laplace_settings:LaplaceSettings", f"{FITTED}.laplace:last_layer_laplace"),
    "error_head": Entry(f"{FITTED}.error_head.settings:ErrorHeadSettings", f"{FITTED}.error_head.estimator:error_head"),
    "student": Entry(f"{FITTED}.student.settings:StudentSettings", f"{FITTED}.student.estimator:student"),
    "bayescap": Entry(f"{FITTED}.bayescap.settings:BayesCapSettings", f"{FITTED}.bayescap.estimator:bayescap"),
}
"""`uncertainty.NAME.method` -> its options, an `EstimatorSettings`, and its `Factory` (`interface.py`)."""
