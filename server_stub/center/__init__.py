"""Run the 証明書交付センター: terminals, sessions, authentication, routing to the issuing server, finished and signed paper, settlement.

The stage and the command line call `app.create_app(context, settings)`; `app.state.center` is then the `Center` with what
they need besides HTTP (issue notices, replacing the database, closing). Everybody else speaks HTTP with it
(`interface/terminal.py`, specified by `app.openapi_document`). The way of one application: `authentication` (who is it),
`applications` (received once), `issue` (paper made, compared, signed), `status_reports` (what became of it), `outbox` (the
ledger of the issuing server is told). Only `database`, `sessions`, `applications`, `status_reports`, `outbox`, `holders` and
`incidents` touch tables.
"""
