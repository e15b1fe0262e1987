// The functions that can be called from outside of this script.

return {
  startAt(first, key) {
    counter = Math.max(counter, first);
    pendingKey = key;
  },
  adoptRoot, takeSuspects, frameElement, foreignFrames, walk, place, obstacle, origin: () => location.origin,
  preparePointer, throughForeignFrame, releaseGuard, afterPointer, watchDrag, startedDrag,
  prepareFill, prepareType, fillSecret, valueOf, focus, select, findOption, fileField, prepareUpload,
  actionTarget, enable, hasText, query, links, tables, scroll, hide, uncovered, annotate, showAgain, sockets, socketsLater,
  settled,
};
