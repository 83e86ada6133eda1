"""Families of depth networks by name. A new one is a folder beside these, and one line here."""

from gradunc.registry import Entry

FAMILIES: dict[str, Entry] = {
    "adabins": Entry(
        "gradunc.models.families.adabins.settings:AdaBinsSettings", "gradunc.models.families.adabins.family:ADABINS"
    ),
    "depth_anything": Entry(
        "gradunc.models.families.depth_anything.settings:DepthAnythingSettings",
        "gradunc.models.families.depth_anything.family:DEPTH_ANYTHING",
    ),
    "dpt": Entry("gradunc.models.families.dpt.settings:DPTSettings", "gradunc.models.families.dpt.family:DPT"),
    "eigen": Entry(
        "gradunc.models.families.eigen.settings:EigenSettings", "gradunc.models.families.eigen.family:EIGEN"
    ),
    "monodepth2": Entry(
        "gradunc.models.families.monodepth2.settings:Monodepth2Settings",
        "gradunc.models.families.monodepth2.family:MONODEPTH2",
    ),
    "newcrfs": Entry(
        "gradunc.models.families.newcrfs.settings:NeWCRFsSettings",
        "gradunc.models.families.newcrfs.family:NEWCRFS",
    ),
    "pixelformer": Entry(
        "gradunc.models.families.pixelformer.settings:PixelFormerSettings",
        "gradunc.models.families.pixelformer.family:PIXELFORMER",
    ),
    "rt_monodepth_s": Entry(
        "gradunc.models.families.rt_monodepth_s.settings:RTMonoDepthSSettings",
        "gradunc.models.families.rt_monodepth_s.family:RT_MONODEPTH_S",
    ),
    "lite_mono": Entry(
        "gradunc.models.families.lite_mono.settings:LiteMonoSettings",
        "gradunc.models.families.lite_mono.family:LITE_MONO",
    ),
    "monovit": Entry(
        "gradunc.models.families.monovit.settings:MonoViTSettings",
        "gradunc.models.families.monovit.family:MONOVIT",
    ),
}
"""`model.architecture` -> its options, a `ModelSettings`, and its `Family` (`gradunc/models/families/family.py`)."""
