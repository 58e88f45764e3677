"""The terms that lessons explain, with a short definition each: one glossary for both languages.

A text marks a term as [[stride]], or as [[stride|strides]] to show other words. The text files of every language use
the English names; the catalog translates what is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cnnlab.i18n.marks import N_


@dataclass(frozen=True)
class Term:
    """A term and its definition, both marked for translation."""

    name: str
    definition: str


GLOSSARY: Mapping[str, Term] = MappingProxyType(
    {
        "pixel": Term(
            N_("pixel"),
            N_("One dot of an image; in grayscale images, a value from 0 (black) to 255 (white)."),
        ),
        "vector": Term(
            N_("vector"),
            N_("A list of numbers. The 28×28 pixels of an image, row after row, are a vector of 784 numbers."),
        ),
        "label": Term(
            N_("label"),
            N_("The correct class of an image: which digit it shows."),
        ),
        "one-hot": Term(
            N_("one-hot"),
            N_("A label written as zeros with a single 1, at the index of the correct class."),
        ),
        "class": Term(
            N_("class"),
            N_("One of the categories to tell apart, such as the digit 3."),
        ),
        "training set": Term(
            N_("training set"),
            N_("The images used to train the network."),
        ),
        "validation set": Term(
            N_("validation set"),
            N_("Images held out from training, to see how the network does on images it has not learned from."),
        ),
        "test set": Term(
            N_("test set"),
            N_("Images used only once, at the very end, to measure how good the finished network is."),
        ),
        "neuron": Term(
            N_("neuron"),
            N_(
                "A small calculator: it multiplies its inputs by weights, adds up the products and a bias, and applies "
                "an activation function. Keras calls it a unit."
            ),
        ),
        "dense layer": Term(
            N_("dense layer"),
            N_("A layer in which every neuron is connected to every value of its input."),
        ),
        "weight": Term(
            N_("weight"),
            N_("A number that an input is multiplied by. Training changes the weights."),
        ),
        "bias": Term(
            N_("bias"),
            N_("A number that a neuron adds to its weighted sum, whatever the input is."),
        ),
        "parameter": Term(
            N_("parameter"),
            N_("A number that training can change: a weight or a bias."),
        ),
        "activation function": Term(
            N_("activation function"),
            N_("The function that a neuron applies to its sum. Without one, several layers could do no more than one."),
        ),
        "sigmoid": Term(
            N_("sigmoid"),
            N_("An S-shaped activation function with values between 0 and 1."),
        ),
        "ReLU": Term(
            N_("ReLU"),
            N_("An activation function that keeps positive numbers and turns negative ones into 0."),
        ),
        "softmax": Term(
            N_("softmax"),
            N_("Turns the ten outputs into ten probabilities: each between 0 and 1, and all of them adding up to 1."),
        ),
        "loss": Term(
            N_("loss"),
            N_("A number that says how wrong the network is; training makes it smaller."),
        ),
        "cross-entropy": Term(
            N_("cross-entropy"),
            N_("The loss used here: the negative logarithm of the probability given to the correct class."),
        ),
        "accuracy": Term(
            N_("accuracy"),
            N_("The share of images that the network gets right."),
        ),
        "batch": Term(
            N_("batch"),
            N_("The images that the network processes for one update of the weights."),
        ),
        "epoch": Term(
            N_("epoch"),
            N_("One pass through all training images."),
        ),
        "gradient": Term(
            N_("gradient"),
            N_("For every weight, how steeply the loss rises as that weight grows. Training goes the other way."),
        ),
        "learning rate": Term(
            N_("learning rate"),
            N_("How large the steps are in which the weights are updated."),
        ),
        "optimizer": Term(
            N_("optimizer"),
            N_("The rule for updating the weights, such as Adam."),
        ),
        "overfitting": Term(
            N_("overfitting"),
            N_("Memorizing the training images: the network keeps getting better on them, but not on new ones."),
        ),
        "convolution": Term(
            N_("convolution"),
            N_("Sliding a small kernel over an image and computing the sum of the products at every position."),
        ),
        "kernel": Term(
            N_("kernel"),
            N_("The small square of numbers that slides over the image; together with a bias, it makes up a filter."),
        ),
        "filter": Term(
            N_("filter"),
            N_("What produces one feature map: one kernel per input channel, and a bias."),
        ),
        "feature map": Term(
            N_("feature map"),
            N_("The image that a filter produces: bright where it finds the pattern that it looks for."),
        ),
        "padding": Term(
            N_("padding"),
            N_("A border of zeros around the image, so that the result does not shrink."),
        ),
        "stride": Term(
            N_("stride"),
            N_("How many pixels the kernel moves from one position to the next."),
        ),
        "pooling": Term(
            N_("pooling"),
            N_("Making a feature map smaller: one value per small window, the largest or the mean."),
        ),
        "dropout": Term(
            N_("dropout"),
            N_(
                "Switching off random neurons in every training step, so that the network cannot rely on a few of them."
            ),
        ),
        "early stopping": Term(
            N_("early stopping"),
            N_("Ending the training when the validation loss has not improved for several epochs."),
        ),
        "checkpoint": Term(
            N_("checkpoint"),
            N_("The weights at one point of the training, saved in a file so that you can go back to them."),
        ),
        "initialization": Term(
            N_("initialization"),
            N_("The random values that the weights start with."),
        ),
    }
)
"""Key -> term, in the order in which the lessons introduce them."""
