"""Image sets: turn your own photos, tables or arrays into a Dataset like a built-in one.

from cnnlab.datasets.image_sets import ImageSets, Shape
from cnnlab.settings import from_environment

sets = ImageSets(from_environment())
leaves = sets.create("leaves.zip", shape=Shape(size=64, fit="pad"))
dataset = sets.load(leaves.id)
"""

from cnnlab.datasets.image_sets.editing import Contents, Edit
from cnnlab.datasets.image_sets.image_set import Description, ImageSet, Reading
from cnnlab.datasets.image_sets.shaping import Shape, suggest
from cnnlab.datasets.image_sets.source import Note, Skipped
from cnnlab.datasets.image_sets.splitting import Shares
from cnnlab.datasets.image_sets.store import ImageSets

__all__ = [
    "Contents",
    "Description",
    "Edit",
    "ImageSet",
    "ImageSets",
    "Note",
    "Reading",
    "Shape",
    "Shares",
    "Skipped",
    "suggest",
]
