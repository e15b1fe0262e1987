// In the page's main world, before its scripts: a passkey can't be used in this browser, neither by an agent nor by the user
// who watches it from elsewhere. Chromium would wait for one for minutes, so a request for it fails at once, as if the user
// had canceled it, and pages that look first aren't offered any.
((key) => {
  const { apply } = Reflect;
  const { addEventListener, dispatchEvent } = EventTarget.prototype, Answer = CustomEvent, Refusal = DOMException;
  const container = window.CredentialsContainer?.prototype, { PublicKeyCredential } = window;
  if (!container || !PublicKeyCredential) return;
  let isWanted = false;

  for (const name of ["get", "create"]) {
    container[name] = new Proxy(container[name], {
      apply(target, self, values) {
        const options = values[0];
        // A page that only offers passkeys in the list of a field goes on without.
        if (!options?.publicKey || options.mediation === "conditional") return apply(target, self, values);
        // A page that only suggests to make one has another way on.
        isWanted ||= name === "get";
        return Promise.reject(new Refusal("The operation either timed out or was not allowed.", "NotAllowedError"));
      },
    });
  }
  for (const name of ["isUserVerifyingPlatformAuthenticatorAvailable", "isConditionalMediationAvailable"]) {
    if (typeof PublicKeyCredential[name] === "function") PublicKeyCredential[name] = async () => false;
  }
  const { getClientCapabilities } = PublicKeyCredential;
  if (typeof getClientCapabilities === "function") {
    PublicKeyCredential.getClientCapabilities = async () => {
      const told = await apply(getClientCapabilities, PublicKeyCredential, []);
      return { ...told, conditionalGet: false, passkeyPlatformAuthenticator: false, userVerifyingPlatformAuthenticator: false };
    };
  }
  apply(addEventListener, window, [key, () => {
    if (isWanted) apply(dispatchEvent, window, [new Answer(`${key}-answer`)]);
  }]);
})
