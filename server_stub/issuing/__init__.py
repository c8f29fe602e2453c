"""The issuing server (証明発行サーバ) of one hosting: who may get what now, hours, fees, numbering, wording, the ledger.

One node hosts one municipality or several (LGWAN-ASP). Only the centre calls it, over HTTP (`interface/issuing.py`);
the stage and the command line start it with `app.create_app`, officials' tools and tests read `ledger.Ledger`. It
reads the replica through `registry.replica`, sets paper through `paper.fronts`, and keeps nobody's name: the ledger
holds numbers, pseudonyms, times and money.
"""
