"""Checkpoint → model folder for CTranslate2 (int8), with the files that Karvan reads beside it."""

import json
import re
import shutil
from pathlib import Path

import sentencepiece
import torch
from ctranslate2.specs import common_spec, transformer_spec

from .model import Shape, positions

NAME = "karvan-starter"
POSITIONS = 1024
"""Tokens of the longest sentence that the engine accepts; the network itself was taught far shorter ones."""
Weights = dict[str, torch.Tensor]


def export(checkpoint: Path, spm: Path, directions: list[tuple[str, str]], out: Path, version: str) -> None:
    """Writes `model/`, `sentencepiece.model` and `directions.json` to `out`, from the averaged weights."""
    state = torch.load(checkpoint)
    spec = make_spec(Shape(**state["shape"]), state["average"])
    processor = sentencepiece.SentencePieceProcessor(model_file=str(spm))
    vocabulary = [rename_tag(processor.id_to_piece(i)) for i in range(processor.get_piece_size())]
    spec.register_source_vocabulary(vocabulary)
    spec.register_target_vocabulary(vocabulary)
    spec.config.bos_token = spec.config.decoder_start_token = "<s>"
    spec.config.eos_token, spec.config.unk_token = "</s>", "<unk>"
    spec.config.add_source_bos, spec.config.add_source_eos = False, True
    spec.validate()
    spec.optimize(quantization="int8")
    shutil.rmtree(out / "model", ignore_errors=True)
    (out / "model").mkdir(parents=True)
    spec.save(str(out / "model"))
    if spm.resolve() != (out / "sentencepiece.model").resolve():
        shutil.copyfile(spm, out / "sentencepiece.model")
    (out / "directions.json").write_text(describe(directions, version))


def rename_tag(piece: str) -> str:
    """`__az__` → `>>az<<`: argostranslate turns underscores of its output into spaces and would miss the tag."""
    return re.sub(r"^__([A-Za-z-]+)__$", r">>\1<<", piece)


def describe(directions: list[tuple[str, str]], version: str) -> str:
    listed = ",\n".join(f"    {json.dumps({'from': s, 'to': t, 'target_prefix': f'>>{t}<<'})}" for s, t in directions)
    head = "".join(f'  "{key}": {json.dumps(value)},\n' for key, value in (("name", NAME), ("version", version)))
    return f'{{\n{head}  "quality": "starter",\n  "directions": [\n{listed}\n  ]\n}}\n'


def make_spec(shape: Shape, weights: Weights) -> transformer_spec.TransformerSpec:
    spec = transformer_spec.TransformerSpec.from_config(
        (shape.encoder_layers, shape.decoder_layers),
        shape.heads,
        pre_norm=True,
        activation=common_spec.Activation.RELU,
        alignment_heads=1,  # the first head of the last layer, which was guided by word alignments
    )
    for side in (spec.encoder, spec.decoder):
        embeddings = side.embeddings[0] if isinstance(side.embeddings, list) else side.embeddings
        embeddings.weight = weights["emb.weight"].numpy()
        embeddings.multiply_by_sqrt_depth = side.scale_embeddings = True
        side.position_encodings.encodings = positions(shape.width, POSITIONS).numpy()
    for number, layer in enumerate(spec.encoder.layer):
        fill_layer(layer, weights, f"enc.{number}")
    for number, layer in enumerate(spec.decoder.layer):
        fill_layer(layer, weights, f"dec.{number}")
        fill_norm(layer.attention.layer_norm, weights, f"dec.{number}.nc")
        for linear, name in zip(layer.attention.linear, ("q", "kv", "o"), strict=True):
            linear.weight = weights[f"dec.{number}.ca.{name}.weight"].numpy()
    fill_norm(spec.encoder.layer_norm, weights, "en")
    fill_norm(spec.decoder.layer_norm, weights, "dn")
    spec.decoder.projection.weight = weights["emb.weight"].numpy()
    spec.decoder.projection.bias = weights["bias"].numpy()
    return spec


def fill_layer(layer: transformer_spec.TransformerEncoderLayerSpec, weights: Weights, name: str) -> None:
    """Self-attention and feed-forward, which encoder and decoder layers have alike."""
    fill_norm(layer.self_attention.layer_norm, weights, f"{name}.n1")
    fill_norm(layer.ffn.layer_norm, weights, f"{name}.n2")
    layer.self_attention.linear[0].weight = weights[f"{name}.sa.qkv.weight"].numpy()
    layer.self_attention.linear[1].weight = weights[f"{name}.sa.o.weight"].numpy()
    layer.ffn.linear_0.weight = weights[f"{name}.f1.weight"].numpy()
    layer.ffn.linear_1.weight = weights[f"{name}.f2.weight"].numpy()


def fill_norm(norm: common_spec.LayerNormSpec, weights: Weights, name: str) -> None:
    norm.gamma, norm.beta = weights[f"{name}.weight"].numpy(), weights[f"{name}.bias"].numpy()
