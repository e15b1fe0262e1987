// The functions that can be called from outside of this script.

return {
  startAt(first, pending, listeners, passkeys) {
    counter = Math.max(counter, first);
    pendingKey = pending;
    listenersKey = listeners;
    passkeysKey = passkeys;
  },
  adoptRoot, takeSuspects, frameElement, foreignFrames, walk, place, obstacle, origin: () => location.origin,
  status: () => performance.getEntriesByType("navigation")[0]?.responseStatus ?? 0,
  preparePointer, throughForeignFrame, releaseGuard, afterPointer, watchDrag, startedDrag,
  prepareFill, prepareType, fillSecret, valueOf, focus, select, findOption,
  prepareUpload, beginUpload, stagedFor, addPiece, giveFiles, giveFilesTo, dropFiles,
  actionTarget, besideTarget, enable, hasText, query, links, tables, dataTables, scroll, hide, uncovered, annotate, showAgain, sockets, socketsLater,
  storedItems, settled, elementAt, holdOf, viewState, pictureBox, selectText,
};
