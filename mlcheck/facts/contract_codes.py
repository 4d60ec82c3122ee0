"""The codes of contract checks, for where the contract extra is not installed.

Written by `python -m mlcheck.docs`.
"""

from __future__ import annotations

CONTRACT_CODES: dict[str, str] = {
    "MLC500": "environment-works",
    "MLC501": "loads",
    "MLC503": "loads-in-this-environment",
    "MLC504": "native-flavors-load",
    "MLC601": "accepts-input-example",
    "MLC602": "accepts-typical-input",
    "MLC603": "accepts-safe-upcasts",
    "MLC604": "accepts-any-column-order",
    "MLC605": "accepts-other-containers",
    "MLC606": "accepts-missing-optional-columns",
    "MLC607": "accepts-declared-params",
    "MLC608": "survives-edge-values",
    "MLC609": "accepts-all-the-signature-allows",
    "MLC701": "refuses-missing-column",
    "MLC702": "refuses-wrong-type",
    "MLC703": "refuses-null",
    "MLC704": "refuses-narrowing",
    "MLC705": "refuses-wrong-shape",
    "MLC706": "refuses-wrong-nested-value",
    "MLC707": "refuses-wrong-param",
    "MLC801": "output-has-declared-kind",
    "MLC802": "output-has-declared-columns",
    "MLC803": "output-has-declared-types",
    "MLC804": "output-has-declared-shape",
    "MLC805": "output-has-one-row-per-input-row",
    "MLC806": "output-has-no-nulls",
    "MLC807": "output-is-finite-for-typical-input",
    "MLC808": "output-can-be-serialised",
    "MLC809": "output-index-is-that-of-the-input",
    "MLC901": "same-input-gives-same-output",
    "MLC902": "fresh-process-gives-same-output",
    "MLC903": "rows-are-independent",
    "MLC904": "row-order-does-not-matter",
    "MLC905": "input-is-not-changed",
    "MLC906": "folder-is-not-written-to",
    "MLC907": "nothing-is-sent-over-the-network",
    "MLC908": "concurrent-calls-give-same-output",
    "MLC909": "server-answers-like-predict",
    "MLC911": "process-settings-are-left-alone",
    "MLC912": "nothing-is-left-behind",
    "MLC913": "random-numbers-of-others-are-left-alone",
    "MLC914": "earlier-answers-stay-as-they-were",
    "MLC915": "memory-does-not-grow",
    "MLC916": "declared-params-reach-the-model",
}
"""Code → name."""
