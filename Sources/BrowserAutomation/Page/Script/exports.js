// What is called from outside.

return {
  startAt: (first) => { counter = Math.max(counter, first); },
  adoptRoot, takeSuspects, frameElement, foreignFrames, walk, place, obstacle, origin: () => location.origin,
  preparePointer, throughForeignFrame, releaseGuard, afterPointer, watchDrag, startedDrag,
  prepareFill, prepareType, fillSecret, valueOf, focus, select, findOption, fileField, prepareUpload,
  actionTarget, enable, hasText, query, links, tables, scroll, hide, uncovered, annotate, showAgain, sockets, socketsLater,
};
