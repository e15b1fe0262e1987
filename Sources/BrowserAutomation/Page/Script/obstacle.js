// Obstacles that only a user can pass.

const onceWords = /\b(otp|tac|2fa|one.?time|verification code|authenticator|kod pengesahan|kod keselamatan)\b/i;
const captchaFrames = /recaptcha|hcaptcha|turnstile|arkoselabs|captcha/i;

/** The event that the script in the main world listens for. */
let passkeysKey = "";

/** Returns whether the document, or a frame of its origin, has asked for a passkey. */
function wantsPasskey() {
  let isWanted = false;
  const onAnswer = () => { isWanted = true; };
  for (const target of windowsOf(allFrames())) {
    target.addEventListener(`${passkeysKey}-answer`, onAnswer);
    target.dispatchEvent(new CustomEvent(passkeysKey));
    target.removeEventListener(`${passkeysKey}-answer`, onAnswer);
  }
  return isWanted;
}

/**
 * Finds an obstacle on the page: a sign-in form, a code that was sent to the user, a CAPTCHA, a passkey, or an error page.
 */
function obstacle() {
  const status = performance.getEntriesByType("navigation")[0]?.responseStatus ?? 0;
  for (const root of allRoots()) {
    for (const frame of root.querySelectorAll("iframe[src]")) {
      const { width, height } = boxOf(frame);
      const isBadge = !!frame.closest(".grecaptcha-badge");
      if (captchaFrames.test(frame.src) && !isBadge && width > 100 && height > 40 && isShown(frame)) return { kind: "captcha", status };
    }
    for (const box of root.querySelectorAll("[id*=captcha i], [class*=captcha i]")) {
      if (isShown(box) && boxOf(box).height > 20 && box.querySelector("input, img, canvas, iframe")) return { kind: "captcha", status };
    }
    let password = false;
    for (const field of root.querySelectorAll("input")) {
      if (field.type === "hidden" || !isShown(field) || secretFields.has(field) || field.value) continue;
      const words = `${nameOf(field)} ${field.name} ${field.id}`;
      if (field.autocomplete === "one-time-code" || field.type !== "password" && onceWords.test(words)) return { kind: "second_factor", status };
      if (field.type === "password" && !field.matches(":disabled") && field.autocomplete !== "new-password" && !belongsToPayment(field)) password = true;
    }
    // A page with more controls than this is not only for signing in.
    if (password && document.querySelectorAll(interactiveSelector).length <= 25) return { kind: "sign_in", status };
  }
  if (wantsPasskey()) return { kind: "passkey", status };
  return { kind: status >= 400 ? "error_page" : null, status };
}

const belongsToPayment = (field) => (field.form ? elementsOf(field.form) : [field]).some((each) => isPaymentField(each, nameOf(each)));
