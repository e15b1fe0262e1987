/** Errors, and the messages that tell the user what happened and what to do. */

import { has, t } from "./i18n.js";

/** An API call that failed or couldn't reach the server. */
export class ApiError extends Error {
    /**
     * @param {number} status Zero if the server couldn't be reached.
     * @param {Record<string, any>} [problem] The body, as `application/problem+json`.
     */
    constructor(status, problem = {}) {
        super(problem.detail ?? problem.title ?? `The server answered ${status}.`);
        this.name = "ApiError";
        this.status = status;
        this.problem = problem;
    }

    /** The machine-readable error code, such as `conflict`. @returns {string} */
    get code() {
        return this.problem.code ?? "";
    }

    get isUnreachable() {
        return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504;
    }
}

/** A failed sign-in. */
export class SignInError extends Error {
    /**
     * @param {"ended" | "network" | "refused" | "state" | "nonce" | "insecure"} code `ended`: needs a new sign-in.
     * @param {string} [detail] The sign-in page's own message.
     */
    constructor(code, detail = "") {
        super(detail || code);
        this.name = "SignInError";
        this.code = code;
        this.detail = detail;
    }
}

/**
 * The user-facing message for an error. Shows the server's message if the page has no better one.
 * @param {unknown} error
 * @returns {string}
 */
export function explain(error) {
    if (error instanceof SignInError) return t(`signIn.${error.code}`, { detail: error.detail });
    if (!(error instanceof ApiError)) {
        console.error(error);
        return t("error.unexpected");
    }
    if (error.code && has(`error.code.${error.code}`)) return t(`error.code.${error.code}`);
    if (error.isUnreachable) return t(navigator.onLine ? "error.unreachable" : "error.offline");
    if (error.status < 500 && error.problem.detail) return error.problem.detail;
    return has(`error.${error.status}`) ? t(`error.${error.status}`) : t("error.server", { status: `${error.status}` });
}
