"""Who may get what now: one small rule each, listed in the order in which they are asked. Called by `service` only.

The order: is this municipality's certificate served here (`visit`), is any kind open now and is the replica recent (`hours`), who is the holder and
may this person use a terminal at all (`holder`), which of the household may stand on paper (`household`), what does this
kind need (`kinds`), is the request within what was offered (`request`). The service's times come before the person, so that
nothing is looked up while the service is closed. A rule raises Failed by its name and does nothing else.
"""
