package features

import "strings"

// EnglishStopWords returns the words that English sentences are held together by and that say little about their subject: articles,
// pronouns, prepositions, conjunctions, auxiliary verbs and a few adverbs, in lower case, as Words cuts them. It is a list of our own,
// and not scikit-learn's. Look at what it leaves out: in short texts "not" or "over" may be what matters.
func EnglishStopWords() []string { return strings.Fields(englishStopWords) }

const englishStopWords = `
an the this that these those
me my mine myself we us our ours ourselves you your yours yourself yourselves he him his himself she her hers herself it its itself
they them their theirs themselves one ones oneself who whom whose which what whoever whatever whichever
someone somebody something anyone anybody anything everyone everybody everything none nobody nothing
and or but nor so yet if unless because although though while whereas whether than as
of in on at by to from with without within into onto upon about above below under over between among through throughout during before
after since until till against toward towards across along around behind beside besides beyond near off out up down per via
am is are was were be been being do does did doing done have has had having will would shall should can could may might must ought
not no yes all any both each either neither every few many more most much other another several some such own same only just also too very
again already always ever never often once then there here where when why how thus hence therefore however else still even now quite rather
almost perhaps
don doesn didn isn aren wasn weren hasn haven hadn won wouldn shouldn couldn mustn ll ve re
`
