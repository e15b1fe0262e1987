// Runs in the main world of a remote browser before the page's own scripts. A file that a page makes itself never goes
// through the network, and many pages revoke its address at once, so the newest ones are kept here until they are fetched.
((key) => {
  const { createObjectURL } = URL, { apply } = Reflect;
  const { get, set, keys, delete: remove } = Map.prototype, sizeOf = Object.getOwnPropertyDescriptor(Map.prototype, "size").get;
  const isBlob = (object) => object instanceof Blob;
  const kept = new Map(), most = 20;
  URL.createObjectURL = function (object) {
    const address = apply(createObjectURL, this, [object]);
    if (!isBlob(object)) return address;
    apply(set, kept, [address, object]);
    if (apply(sizeOf, kept, []) > most) apply(remove, kept, [apply(keys, kept, []).next().value]);
    return address;
  };
  Object.defineProperty(globalThis, key, { value: (address) => apply(get, kept, [address]) });
})
