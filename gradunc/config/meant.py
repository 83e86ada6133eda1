"""What other programs call our keys: of PyTorch Lightning, Hugging Face, Hydra templates, Monodepth2 and its kin.

A new synonym is one word in the list behind its key.
"""

from collections.abc import Collection

SYNONYMS = {
    "objective.learning_rate": "lr learning_rate base_lr max_lr init_lr initial_lr",
    "objective.encoder_learning_rate": "encoder_lr backbone_lr lr_backbone",
    "objective.layer_decay": "layer_decay llrd layer_wise_lr_decay lr_layer_decay",
    "objective.frozen_encoder_epochs": "freeze freeze_encoder freeze_epochs frozen_epochs freeze_backbone",
    "objective.gradient_checkpointing": "gradient_checkpointing grad_checkpointing checkpoint_activations",
    "objective.weight_decay": "wd weight_decay",
    "objective.optimizer": "optim optimizer opt",
    "objective.schedule": "scheduler lr_scheduler lr_schedule lr_scheduler_type schedule",
    "objective.warmup_steps": "warmup warmup_steps",
    "objective.losses": "loss losses criterion loss_weights",
    "objective.frames": "frame_ids frames",
    "trainer.max_epochs": "epochs num_epochs n_epochs max_epochs num_train_epochs",
    "trainer.max_steps": "steps max_steps num_steps iterations max_iters num_iterations",
    "trainer.devices": "gpus num_gpus n_gpus gpu_ids devices num_devices nproc_per_node",
    "trainer.num_nodes": "nodes num_nodes nnodes",
    "trainer.precision": "amp fp16 bf16 use_amp mixed_precision precision",
    "trainer.accumulate_grad_batches": "grad_accum gradient_accumulation_steps accum_iter accumulation_steps",
    "trainer.gradient_clip_val": "clip_grad grad_clip max_grad_norm clip_grad_norm gradient_clip_norm",
    "trainer.early_stopping.patience": "patience early_stop_patience early_stopping_patience",
    "trainer.strategy": "ddp strategy distributed",
    "data.batch_size": "batch_size batchsize bs train_batch_size per_device_train_batch_size batch",
    "data.eval_batch_size": "val_batch_size test_batch_size per_device_eval_batch_size",
    "data.workers": "num_workers n_workers dataloader_num_workers workers",
    "data=NAME": "dataset dataset_name data_name datamodule data_set",
    "data.root": "data_path data_dir data_root dataset_path dataset_dir dataset_root dataroot",
    "checkpoint": "ckpt ckpt_path checkpoint_path weights weights_path model_path load_weights_folder pretrained_path",
    "model.weights": "ckpt ckpt_path checkpoint checkpoint_path weights_path model_path load_weights_folder "
    "pretrained_path finetune_from init_from",
    "resume": "resume_from resume_from_checkpoint resume_path auto_resume ckpt ckpt_path",
    "model.encoder": "backbone encoder encoder_name num_layers",
    "model.pretrained": "pretrained weights_init pretrained_backbone",
    "model.architecture": "arch architecture model_name model_type network",
    "size": "img_size image_size input_size resolution imgsz height width",
    "model.size": "img_size image_size input_size resolution imgsz height width",
    "device": "cuda gpu accelerator use_cuda no_cuda",
    "trainer.accelerator": "device cuda gpu use_cuda no_cuda",
    "source": "image images img input inputs image_path image_dir input_path input_dir img_path path",
    "output": "out out_dir outdir output_dir output_path save_dir save_path log_dir logdir default_root_dir",
    "name": "exp_name experiment_name run_name",
    "seed": "random_seed manual_seed seed_everything",
    "logger=wandb": "wandb use_wandb log_wandb report_to",
    "logger=tensorboard": "tensorboard use_tensorboard",
    "logger.project": "wandb_project project project_name",
    "logger.mode": "wandb_mode",
}
"""Our key, or a choice of a group -> what else it is called."""


def meant_keys(name: str, known: Collection[str]) -> list[str]:
    """Which keys of a configuration go by another name elsewhere; none if it is not among our synonyms.

    Args:
        name: a dotted key that the configuration does not have; its last part counts.
        known: its keys.

    >>> meant_keys("lr", ["objective", "objective.learning_rate"])
    ['objective.learning_rate']
    >>> meant_keys("lr", ["checkpoint", "source"])
    []
    """
    word = name.rpartition(".")[2].lower().replace("-", "_")
    return [ours for ours, words in SYNONYMS.items() if word in words.split() and _key(ours) in known]


def _key(ours: str) -> str:
    return ours.partition("=")[0]
