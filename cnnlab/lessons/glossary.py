"""The terms that lessons explain, with a short definition each: one glossary for both languages.

Texts write a term as [[stride]], or [[stride|strides]] where it should read otherwise. The names here are English in
every language's file; what is shown comes from the catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cnnlab.marks import N_


@dataclass(frozen=True)
class Term:
    """A term and what it means (both marked)."""

    name: str
    definition: str


GLOSSARY: Mapping[str, Term] = MappingProxyType(
    {
        "pixel": Term(
            N_("pixel"),
            N_("One dot of a picture; in grey pictures a number from 0 (black) to 255 (white)."),
        ),
        "vector": Term(
            N_("vector"),
            N_("Numbers in a row. A picture of 28×28 pixels, row after row, is a vector of 784 numbers."),
        ),
        "label": Term(
            N_("label"),
            N_("The right answer that belongs to a picture: which digit it is."),
        ),
        "one-hot": Term(
            N_("one-hot"),
            N_("A label written as a row of zeros with a single 1, at the place of the right class."),
        ),
        "class": Term(
            N_("class"),
            N_("One of the kinds that are to be told apart, such as the digit 3."),
        ),
        "training set": Term(
            N_("training set"),
            N_("The pictures that the network learns from."),
        ),
        "validation set": Term(
            N_("validation set"),
            N_("Pictures kept aside while training, to see how the network does on what it has not learned from."),
        ),
        "test set": Term(
            N_("test set"),
            N_("Pictures that are looked at only once, at the very end, to say how good the finished network is."),
        ),
        "neuron": Term(
            N_("neuron"),
            N_(
                "A small calculator: it multiplies its inputs by weights, adds them up with a bias, and applies "
                "an activation function. Keras calls it a unit."
            ),
        ),
        "dense layer": Term(
            N_("dense layer"),
            N_("A layer in which every neuron looks at every number of its input."),
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
            N_("A number that training may change: a weight or a bias."),
        ),
        "activation function": Term(
            N_("activation function"),
            N_("The curve that a neuron sends its sum through. Without one, several layers could do no more than one."),
        ),
        "sigmoid": Term(
            N_("sigmoid"),
            N_("An activation function shaped like an S, with values between 0 and 1."),
        ),
        "ReLU": Term(
            N_("ReLU"),
            N_("An activation function that keeps positive numbers and turns negative ones into 0."),
        ),
        "softmax": Term(
            N_("softmax"),
            N_("Turns the ten outputs into ten probabilities: each between 0 and 1, and 1 together."),
        ),
        "loss": Term(
            N_("loss"),
            N_("A number that says how wrong the network is; training makes it smaller."),
        ),
        "cross-entropy": Term(
            N_("cross-entropy"),
            N_("The loss used here: minus the logarithm of the probability that the network gave to the right answer."),
        ),
        "accuracy": Term(
            N_("accuracy"),
            N_("The share of pictures that the network gets right."),
        ),
        "batch": Term(
            N_("batch"),
            N_("The pictures that are looked at before the weights are changed once."),
        ),
        "epoch": Term(
            N_("epoch"),
            N_("One pass through all training pictures."),
        ),
        "gradient": Term(
            N_("gradient"),
            N_("For every weight, how steeply the loss rises when that weight grows. Training goes the other way."),
        ),
        "learning rate": Term(
            N_("learning rate"),
            N_("How large a step is when the weights are changed."),
        ),
        "optimizer": Term(
            N_("optimizer"),
            N_("The rule by which the weights are changed, such as Adam."),
        ),
        "overfitting": Term(
            N_("overfitting"),
            N_("Learning the training pictures by heart: still better on them, but no longer on new ones."),
        ),
        "convolution": Term(
            N_("convolution"),
            N_("Laying a small kernel on every place of a picture and writing down the sum of the products."),
        ),
        "kernel": Term(
            N_("kernel"),
            N_("The small square of numbers that is moved over the picture; together with its bias it is a filter."),
        ),
        "filter": Term(
            N_("filter"),
            N_("What makes one feature map: a kernel for each input channel, and a bias."),
        ),
        "feature map": Term(
            N_("feature map"),
            N_("The picture that a filter makes: bright where the picture looks as the filter wants it."),
        ),
        "padding": Term(
            N_("padding"),
            N_("A frame of zeros around the picture, so that the result does not shrink."),
        ),
        "stride": Term(
            N_("stride"),
            N_("By how many pixels the kernel moves from one place to the next."),
        ),
        "pooling": Term(
            N_("pooling"),
            N_("Making a map smaller: one number for each little square, the largest or the mean."),
        ),
        "dropout": Term(
            N_("dropout"),
            N_("Switching off random neurons in every training step, so that none can be relied upon too much."),
        ),
        "early stopping": Term(
            N_("early stopping"),
            N_("Ending the training when the validation loss has not improved for some epochs."),
        ),
        "checkpoint": Term(
            N_("checkpoint"),
            N_("The weights of a moment, kept in a file, so that one can go back to them."),
        ),
        "initialisation": Term(
            N_("initialisation"),
            N_("The random numbers that the weights begin with."),
        ),
    }
)
"""Key -> term, in the order in which the lessons meet them."""
