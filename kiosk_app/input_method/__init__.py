"""The terminal's input method: what is typed on the screen's keyboard becomes text. No Qt, no disk but its own data, no learning.

`letters` says what one letter is, `entries` what each field takes, `composing` holds a text that is being typed, `conversion`
turns a reading into candidates, `variants` knows the other forms of a letter. The keys are in `kiosk_app/screens/`.
"""
