"""Keep the network and settings in the page's link (`?n=`)."""

from __future__ import annotations

import streamlit as st

from cnnlab.export import share_code
from cnnlab.ui import errors
from cnnlab.ui.session import session


def read_link() -> None:
    """Use the network and settings in the link (`?n=`), once. A damaged code shows an error and changes nothing."""
    me, code = session(), st.query_params.get("n")
    if not code or code in me.linked:
        return
    me.linked.add(code)
    with errors.shown():
        network, training = share_code.decode(code)
        if (network, training) != (me.network, me.training):
            me.begin(network, training)


def write_link() -> None:
    """Write the network and settings to the link, so that a reload or a second tab starts with them."""
    me = session()
    code = share_code.encode(me.network, me.training)
    if code != st.query_params.get("n"):
        me.linked.add(code)
        st.query_params["n"] = code
