/**
 * Signs a person in at Cognito's hosted pages: authorization code with PKCE. Tokens live in memory only; a page that is
 * loaded anew goes to the hosted pages again, which know the person by their cookie and ask nothing.
 */

import { SignInError } from "./errors.js";

/**
 * @typedef {object} SignInSettings What `/api/config` says.
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
 * @property {number} expires In milliseconds of `Date.now()`.
 * @property {number} margin How long before that a new one is fetched.
 */

/** Where the way to the hosted pages and back is remembered: state, nonce, verifier and the path to return to. */
const journey = "ai4ai.sign-in";
/** Tells the page after a sign-out not to sign in again by itself. */
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
    /** Who the id token says it is, in words for people: the API knows only the user's id. */
    profile = {};

    /** Hears each new access token. @type {(token: string) => void} */
    /** @type {(token: string) => void} */
    onToken = () => {};

    /** @param {SignInSettings | null} settings None in local mode, where nobody signs in. */
    constructor(settings) {
        this.#settings = settings;
    }

    get isNeeded() {
        return this.#settings !== null;
    }

    get #redirect() {
        return `${location.origin}/authorize`;
    }

    /** Whether the person has just signed out. Asked once. */
    takeSignedOut() {
        const isSignedOut = sessionStorage.getItem(leaving) !== null;
        sessionStorage.removeItem(leaving);
        return isSignedOut;
    }

    /** Goes to the hosted pages. @param {string} path Where the person is to be afterwards. */
    async begin(path) {
        // Browsers offer SHA-256 to pages of https and of this machine only.
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
     * Takes what the hosted pages brought back, and removes it from the address and from the browser's memory.
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
     * An access token that holds for a while; null in local mode.
     * @param {string | null} [refused] A token that was refused, whatever its time says.
     * @returns {Promise<string | null>}
     * @throws {SignInError} `ended` where the person has to sign in again.
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

    /** Signs out here and at the hosted pages, and leaves this page. */
    async end() {
        const refresh = this.#tokens?.refresh;
        this.#forget();
        sessionStorage.clear();
        sessionStorage.setItem(leaving, "yes");
        if (refresh) {
            const body = new URLSearchParams({ token: refresh, client_id: this.#settings.client_id });
            // A server that cannot be reached must not keep the person from leaving.
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
     * Fetches a new access token, which `onToken` hears. One at a time: a second use of a refresh token that has been
     * changed would end the sign-in.
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

    /** @param {any} reply The token endpoint's; without a new refresh token the old one stays good. */
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
            // Whoever needs a token meets the failure; until it ends, this goes on trying.
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

/** What an id token says. It came over TLS from the issuer itself, so its signature is not looked at. */
function claimsOf(token) {
    try {
        const body = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
        return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(body), (letter) => letter.charCodeAt(0))));
    } catch {
        throw new SignInError("nonce");
    }
}
