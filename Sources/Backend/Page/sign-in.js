/**
 * Signs the user in with Amazon Cognito's hosted pages: the authorization code flow with PKCE. Tokens stay in memory
 * only. After a reload, the page redirects to the hosted pages again, whose session cookie signs the user in without a
 * prompt.
 */

import { SignInError } from "./errors.js";

/**
 * @typedef {object} SignInSettings The settings from `/api/config`.
 * @property {string} authorize_url
 * @property {string} token_url
 * @property {string} logout_url
 * @property {string} revoke_url
 * @property {string} client_id
 * @property {string} scope
 *
 * @typedef {object} Tokens
 * @property {string} access
 * @property {string | undefined} refresh
 * @property {number} expires In milliseconds, as in `Date.now()`.
 * @property {number} margin How long before expiry to fetch a new token, in milliseconds.
 */

/** The session storage key for the pending sign-in: state, nonce, code verifier, and the path to return to. */
const journey = "ai4ai.sign-in";
/** The session storage key that keeps the page from signing in automatically after a sign-out. */
const leaving = "ai4ai.signed-out";
const longestMargin = 120_000;

export class SignIn {
    /** @type {SignInSettings | null} */
    #settings;
    /** @type {Tokens | null} */
    #tokens = null;
    /** @type {Promise<void> | null} */
    #refreshing = null;
    #timer = 0;
    /** The name and email address from the ID token. The API knows only the user's ID. */
    profile = {};

    /**
     * Called with each new access token.
     * @type {(token: string) => void}
     */
    onToken = () => {};

    /** @param {SignInSettings | null} settings Null in local mode, which has no sign-in. */
    constructor(settings) {
        this.#settings = settings;
    }

    get isNeeded() {
        return this.#settings !== null;
    }

    get #redirect() {
        return `${location.origin}/authorize`;
    }

    /** Whether the user has just signed out. Resets the flag. */
    takeSignedOut() {
        const isSignedOut = sessionStorage.getItem(leaving) !== null;
        sessionStorage.removeItem(leaving);
        return isSignedOut;
    }

    /** Redirects to the hosted sign-in page. @param {string} path The path to return to. */
    async begin(path) {
        // Web browsers provide SHA-256 only in secure contexts: HTTPS and localhost.
        if (!crypto.subtle) throw new SignInError("insecure");
        const step = { state: randomText(), nonce: randomText(), verifier: randomText(), path };
        sessionStorage.setItem(journey, JSON.stringify(step));
        const url = new URL(this.#settings.authorize_url);
        const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(step.verifier));
        const parameters = {
            response_type: "code", client_id: this.#settings.client_id, redirect_uri: this.#redirect,
            scope: this.#settings.scope, state: step.state, nonce: step.nonce,
            code_challenge: base64URL(new Uint8Array(digest)), code_challenge_method: "S256",
        };
        for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
        location.replace(url);
    }

    /**
     * Completes the sign-in from the redirect's parameters, and removes them from the URL and session storage.
     * @throws {SignInError}
     */
    async finish() {
        const answer = new URLSearchParams(location.search);
        const step = takeJourney();
        history.replaceState(null, "", step?.path ?? "/");
        if (!step || answer.get("state") !== step.state) throw new SignInError("state");
        if (answer.has("error")) {
            throw new SignInError("refused", answer.get("error_description") ?? answer.get("error"));
        }
        const reply = await this.#request({
            grant_type: "authorization_code", client_id: this.#settings.client_id, code: answer.get("code"),
            redirect_uri: this.#redirect, code_verifier: step.verifier,
        });
        const claims = claimsOf(reply.id_token);
        if (claims.nonce !== step.nonce || ![claims.aud].flat().includes(this.#settings.client_id)) {
            throw new SignInError("nonce");
        }
        const { name, email } = claims;
        this.profile = name ? { name, email } : email ? { name: email } : {};
        this.#keep(reply);
    }

    /**
     * A valid access token; null in local mode.
     * @param {string | null} [refused] A token that the server rejected, to be renewed even if it hasn't expired.
     * @returns {Promise<string | null>}
     * @throws {SignInError} `ended` if the user must sign in again.
     */
    async token(refused = null) {
        if (!this.#settings) return null;
        if (!this.#tokens) throw new SignInError("ended");
        const left = this.#tokens.expires - Date.now();
        const isRefused = this.#tokens.access === refused;
        if (!isRefused && left > this.#tokens.margin) return this.#tokens.access;
        try {
            await this.renew();
        } catch (error) {
            if (isRefused || left <= 0 || !this.#tokens) throw error;
        }
        if (!this.#tokens) throw new SignInError("ended");
        return this.#tokens.access;
    }

    /** Signs out of this page and the hosted pages, and leaves this page. */
    async end() {
        const refresh = this.#tokens?.refresh;
        this.#forget();
        sessionStorage.clear();
        sessionStorage.setItem(leaving, "yes");
        if (refresh) {
            const body = new URLSearchParams({ token: refresh, client_id: this.#settings.client_id });
            // An unreachable server must not keep the user from signing out.
            await fetch(this.#settings.revoke_url, {
                method: "POST", body, keepalive: true, signal: /** @type {any} */ (AbortSignal).timeout(3000),
            }).catch(() => {});
        }
        const url = new URL(this.#settings.logout_url);
        url.searchParams.set("client_id", this.#settings.client_id);
        url.searchParams.set("logout_uri", `${location.origin}/`);
        location.assign(url);
    }

    /**
     * Fetches a new access token and passes it to `onToken`. Concurrent calls share one request, because using a
     * rotated refresh token a second time would end the sign-in.
     */
    renew() {
        this.#refreshing ??= this.#renewNow().finally(() => {
            this.#refreshing = null;
        });
        return this.#refreshing;
    }

    async #renewNow() {
        const { refresh } = this.#tokens;
        if (!refresh) throw this.#ended();
        try {
            this.#keep(await this.#request({
                grant_type: "refresh_token", client_id: this.#settings.client_id, refresh_token: refresh,
            }));
        } catch (error) {
            throw error.code === "refused" ? this.#ended() : error;
        }
        this.onToken(this.#tokens.access);
    }

    #ended() {
        this.#forget();
        return new SignInError("ended");
    }

    #forget() {
        clearTimeout(this.#timer);
        this.#tokens = null;
    }

    /** @param {any} reply The token endpoint's response. Without a new refresh token, the old one stays valid. */
    #keep(reply) {
        const lifetime = (reply.expires_in ?? 3600) * 1000;
        const margin = Math.min(longestMargin, lifetime / 2);
        this.#tokens = {
            access: reply.access_token, refresh: reply.refresh_token ?? this.#tokens?.refresh,
            expires: Date.now() + lifetime, margin,
        };
        this.#renewIn(lifetime - margin);
    }

    /** @param {number} milliseconds */
    #renewIn(milliseconds) {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => {
            // Callers that need a token get the error. Until the sign-in ends, keep retrying here.
            this.renew().catch(() => this.#tokens && this.#renewIn(20_000));
        }, milliseconds);
    }

    /** @param {Record<string, string>} parameters */
    async #request(parameters) {
        let response;
        try {
            response = await fetch(this.#settings.token_url, { method: "POST", body: new URLSearchParams(parameters) });
        } catch {
            throw new SignInError("network");
        }
        const reply = await response.json().catch(() => ({}));
        if (response.ok && reply.access_token) return reply;
        if (response.status >= 500 || response.status === 429) throw new SignInError("network");
        throw new SignInError("refused", reply.error_description ?? reply.error ?? `${response.status}`);
    }
}

function takeJourney() {
    const text = sessionStorage.getItem(journey);
    sessionStorage.removeItem(journey);
    return text ? JSON.parse(text) : null;
}

function randomText() {
    return base64URL(crypto.getRandomValues(new Uint8Array(32)));
}

/** @param {Uint8Array} bytes */
function base64URL(bytes) {
    return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The claims of an ID token. It came from the issuer over TLS, so its signature needn't be verified. */
function claimsOf(token) {
    try {
        const body = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
        return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(body), (letter) => letter.charCodeAt(0))));
    } catch {
        throw new SignInError("nonce");
    }
}
