// Runs in the main world of a remote browser before the page's own scripts. A file that a page makes itself never goes
// through the network, and many pages revoke its address at once, so the newest ones are kept here until they are fetched.
((key) => {
  const { apply } = Reflect, { get, set, keys, delete: remove } = Map.prototype;
  const sizeOfMap = Object.getOwnPropertyDescriptor(Map.prototype, "size").get;
  const sizeOfBlob = Object.getOwnPropertyDescriptor(Blob.prototype, "size").get;
  const kept = new Map(), most = 20, mostBytes = 50 * 1024 * 1024;
  const isSmallFile = (object) => {
    try {
      return apply(sizeOfBlob, object, []) <= mostBytes;
    } catch {
      return false;
    }
  };
  URL.createObjectURL = new Proxy(URL.createObjectURL, {
    apply(create, self, parameters) {
      const address = apply(create, self, parameters);
      if (!isSmallFile(parameters[0])) return address;
      apply(set, kept, [address, parameters[0]]);
      if (apply(sizeOfMap, kept, []) > most) apply(remove, kept, [apply(keys, kept, []).next().value]);
      return address;
    },
  });
  Object.defineProperty(globalThis, key, { value: (address) => apply(get, kept, [address]) });
})
