"""The last tier: an LLM for the templates that nothing else decides. No Kafka in here.

One question takes this way::

    pool.py      which templates go into which call, when, how often, and until when
    prompt.py    what leaves the process: templates, never messages
    providers.py the call: one request, one reply
    failures.py  every way a call can fail, and what to do about it
    reply.py     the text of a reply, in whatever form a server gives it
    answer.py    the text read strictly: a label of the taxonomy for each template, or none
    decisions.py what comes of it

`budget.py` and `breaker.py` say when a call may be made; `blocking.py` serves callers without an event loop.
"""
