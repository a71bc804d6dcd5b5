"""Which text of a response is its answer: what announces, boxes, hides, denies and takes back an answer.

`announcements` has the words for it in 26 languages, `markers` finds them, `boxes` the boxes; `hidden` takes out what
a reader does not see, `objections` and `beside` see what denies an answer or stands next to it as another. `extract`
puts these together for verifiers that read values, `texts` for those that compare texts; `json_answers`,
`json_documents` and `double_brackets` read answers of those forms.
"""
