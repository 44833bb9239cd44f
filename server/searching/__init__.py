"""Full text of what stands in channels, in every language, to each reader what they may see (CONTRACT §4, §5.2, §5.3).

  an article changes ─index→ rows: one for each language that stands somewhere, one more where only its headline does
  ?q= ─query→ expressions, the closest first ─finding→ rows ─server/visibility→ hits, one a translation set

words     a text as words that can be compared; the same for what is indexed and what is asked
query     what a person types → what the index is asked; whatever it is, it is data
index     the rows of one article, written in the transaction of its change; the whole index, anew, in small steps
finding   rows → hits: gated, grouped by article, in a stable order
snippets  where in a text the words stand

Who asks is answered from what stands where they may read, and from nothing else. A row is the text as it stands in a
place: where only headline and description may, no word of the body finds it. Each place is gated as in a feed: by SQL
what can be (channels, states, times, grants), then by server/visibility every one that is about to be told of. No total
is counted. The order has no statistics of the whole index (bm25 would: a word's weight would tell how many hidden texts
have it), only how closely a text fits, then when it was published. An article is told at one certain row of those
that its reader may see, so that pages follow each other without a gap, a repetition or a memory of readers.

Words are folded as routing's are, and more: İ, I, ı, i are one letter, ё is е, Latin letters lose their accents, ə is e
(so a keyboard without them finds the same, and az meets tr). Chinese has no spaces: it stands as pairs of characters.
A word of four letters or more also finds those that begin with it, after those that are it: endings of az, tr, ru. A
name of the glossary is found in the other languages, too, last.
"""
