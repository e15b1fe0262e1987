/** The client of the backend's HTTP API. */

import { ApiError } from "./errors.js";

/**
 * @typedef {object} Session A chat.
 * @property {string} id
 * @property {string} title Empty until the first message sets it.
 * @property {string} created_at
 * @property {string} updated_at
 * @property {string} preview
 * @property {number} message_count
 * @property {number} version
 * @property {"list" | "pinned" | "archived"} placement
 * @property {{ id: string, state: "running" | "waiting", expires_at?: string } | null} run
 *
 * @typedef {object} Message
 * @property {string} id
 * @property {string} time Its position in the chat: nanoseconds, as text.
 * @property {string} created_at
 * @property {"user" | "assistant"} role
 * @property {"text" | "steps" | "question" | "answer" | "error" | "notice" | "file"} kind
 * @property {string} content
 * @property {any} [details]
 * @property {string} [run_id]
 *
 * @typedef {object} Config
 * @property {"local" | "cognito"} mode
 * @property {string} version
 * @property {string} [demo_site]
 * @property {string} [model] `offline` for the built-in practice model.
 * @property {boolean} can_choose_model Whether the model can be chosen on the page.
 * @property {{ message_bytes: number, title_characters: number, file_bytes: number, message_files: number }} limits
 * @property {import("./sign-in.js").SignInSettings} [sign_in]
 *
 * @typedef {object} Call
 * @property {string} [method]
 * @property {any} [body] Sent as JSON.
 * @property {File} [file] Sent as it is.
 * @property {Record<string, string>} [headers]
 * @property {AbortSignal} [signal]
 * @property {boolean} [keepalive] Whether it is sent even if the page is left meanwhile.
 */

/** @returns {Promise<Config>} */
export async function loadConfig() {
    return (await send("/api/config", null, {})).json();
}

export class Api {
    #signIn;

    /** @param {import("./sign-in.js").SignIn} signIn */
    constructor(signIn) {
        this.#signIn = signIn;
    }

    /** @returns {Promise<{ id: string, name: string, email?: string, mode: string }>} */
    me() {
        return this.#json("/api/me");
    }

    /**
     * Lists chats: the pinned ones first, then the most recently changed first. A search finds archived ones, too.
     * @param {{ query?: string, isArchived?: boolean, cursor?: string, limit?: number, signal?: AbortSignal }} which
     * @returns {Promise<{ sessions: Session[], next_cursor?: string }>}
     */
    sessions({ query, isArchived, cursor, limit = 30, signal } = {}) {
        const parameters = new URLSearchParams({ limit: `${limit}` });
        if (isArchived !== undefined) parameters.set("archived", `${isArchived}`);
        if (query) parameters.set("q", query);
        if (cursor) parameters.set("cursor", cursor);
        return this.#json(`/api/sessions?${parameters}`, { signal });
    }

    /** @returns {Promise<Session>} */
    createSession() {
        return this.#json("/api/sessions", { method: "POST", body: {} });
    }

    /**
     * @param {Session} session The chat as the user sees it.
     * @param {string} title
     * @returns {Promise<Session>}
     */
    renameSession(session, title) {
        return this.#json(path(session.id), { method: "PATCH", body: { title, version: session.version } });
    }

    /** @param {string} id @param {Session["placement"]} placement @returns {Promise<Session>} */
    placeSession(id, placement) {
        return this.#json(path(id), { method: "PATCH", body: { placement } });
    }

    /** @param {string} id @param {boolean} [keepalive] */
    async deleteSession(id, keepalive = false) {
        await this.#call(path(id), { method: "DELETE", keepalive });
    }

    /**
     * Fetches a page of messages, oldest first; the newest page without `before`.
     * @param {string} id
     * @param {{ before?: string, limit?: number, signal?: AbortSignal }} which
     * @returns {Promise<{ messages: Message[], previous_cursor?: string, session: Session }>}
     */
    messages(id, { before, limit = 20, signal } = {}) {
        const parameters = new URLSearchParams({ limit: `${limit}` });
        if (before) parameters.set("before", before);
        return this.#json(`${path(id)}/messages?${parameters}`, { signal });
    }

    /**
     * Sends a message. The key makes retries idempotent.
     * @param {string} id @param {import("./outbox.js").Unsent} message
     * @returns {Promise<{ message: Message, run_id?: string, is_steering: boolean }>}
     */
    postMessage(id, { id: key, text, files, about, recipe }) {
        return this.#json(`${path(id)}/messages`, {
            method: "POST", body: { text, files: files?.map((file) => file.id), about, recipe },
            headers: { "Idempotency-Key": key },
        });
    }

    /** Uploads a file. @param {string} id @param {File} file @returns {Promise<import("./files.js").StoredFile>} */
    putFile(id, file) {
        return this.#json(`${path(id)}/files?${new URLSearchParams({ name: file.name })}`, {
            method: "POST", file,
        });
    }

    /** @param {string} id */
    stop(id) {
        return this.#json(`${path(id)}/stop`, { method: "POST" });
    }

    /**
     * @param {string} id
     * @param {{ interruptId: string, status: string, payload?: any, with?: any[] }} answer
     */
    answer(id, { interruptId, status, payload, with: others }) {
        return this.#json(`${path(id)}/interrupts/${encodeURIComponent(interruptId)}`, {
            method: "POST", body: { status, payload, with: others },
        });
    }

    /**
     * Revokes a permission for the rest of the task, so that the agent asks again.
     * @param {string} id @param {{ kind: string, origin: string }} allowance
     */
    revoke(id, { kind, origin }) {
        return this.#json(`${path(id)}/browser/control`, { method: "POST", body: { action: "revoke", kind, origin } });
    }

    /** @returns {Promise<{model: string, sources: import("./model-dialog.js").ModelSource[]}>} */
    models() {
        return this.#json("/api/models");
    }

    /**
     * Tries a model, and lets it answer from then on.
     * @param {{setting: string, url?: string, key?: string}} choice
     * @returns {Promise<{model: string, sees_images: boolean, context_tokens?: number}>}
     */
    useModel(choice) {
        return this.#json("/api/model", { method: "PUT", body: choice });
    }

    /** What is kept for the user between tasks. @returns {Promise<import("./kept.js").Kept>} */
    kept() {
        return this.#json("/api/kept");
    }

    /** @param {{kind: string, name: string, site: string, value: string}} secret */
    keepSecret(secret) {
        return this.#json("/api/kept", { method: "POST", body: secret });
    }

    forgetAllKept() {
        return this.#json("/api/kept", { method: "DELETE" });
    }

    /** @param {string} item Its id. */
    forgetKept(item) {
        return this.#json(`/api/kept/${encodeURIComponent(item)}`, { method: "DELETE" });
    }

    /** Forgets what the agents remember. @param {string} fact Its id. */
    forgetFact(fact) {
        return this.#json(`/api/kept/facts/${encodeURIComponent(fact)}`, { method: "DELETE" });
    }

    /** The user's recipes. @returns {Promise<import("./recipes.js").Recipes>} */
    recipes() {
        return this.#json("/api/recipes");
    }

    /** @param {string} name @returns {Promise<import("./recipes.js").Recipes>} */
    recipe(name) {
        return this.#json(recipePath(name));
    }

    /** @param {string} name @param {string} text @returns {Promise<import("./recipes.js").Recipes>} */
    putRecipe(name, text) {
        return this.#json(recipePath(name), { method: "PUT", body: { recipe: text } });
    }

    /** @param {string} name @returns {Promise<import("./recipes.js").Recipes>} */
    removeRecipe(name) {
        return this.#json(recipePath(name), { method: "DELETE" });
    }

    /** @param {string} name @param {"promote" | "rollback"} change @returns {Promise<import("./recipes.js").Recipes>} */
    changeRecipe(name, change) {
        return this.#json(`${recipePath(name)}/${change}`, { method: "POST" });
    }

    /** Saves what the agent did last in a chat. @param {string} id @param {string} name @returns {Promise<import("./recipes.js").Recipes>} */
    recordRecipe(id, name) {
        return this.#json(`${path(id)}/recipe`, { method: "POST", body: { name } });
    }

    /** Fetches the picture of a step; null if there is none. @param {string} id @param {string} toolCallID */
    picture(id, toolCallID) {
        return this.#blob(`${path(id)}/pictures/${encodeURIComponent(toolCallID)}`);
    }

    /** The files of a chat. @param {string} id @returns {Promise<{files: import("./files.js").StoredFile[]}>} */
    files(id) {
        return this.#json(`${path(id)}/files`);
    }

    /** Fetches a file; null if it is gone. @param {string} id @param {string} fileID */
    file(id, fileID) {
        return this.#blob(filePath(id, fileID));
    }

    /** Fetches a small picture of a file; null if there is none. @param {string} id @param {string} fileID */
    filePreview(id, fileID) {
        return this.#blob(`${filePath(id, fileID)}/preview`);
    }

    /** Deletes a file. One that is gone already is no error. @param {string} id @param {string} fileID */
    async removeFile(id, fileID) {
        try {
            await this.#call(filePath(id, fileID), { method: "DELETE" });
        } catch (error) {
            if (!(error instanceof ApiError && error.status === 404)) throw error;
        }
    }

    /** @param {string} url @returns {Promise<Blob | null>} */
    async #blob(url) {
        try {
            return await (await this.#call(url)).blob();
        } catch (error) {
            if (error instanceof ApiError && error.status === 404) return null;
            throw error;
        }
    }

    /** @param {string} url @param {Call} [call] */
    async #json(url, call) {
        const response = await this.#call(url, call);
        return response.json();
    }

    /** @param {string} url @param {Call} [call] */
    async #call(url, call = {}) {
        const token = await this.#signIn.token();
        try {
            return await send(url, token, call);
        } catch (error) {
            if (!(error instanceof ApiError) || error.status !== 401 || token === null) throw error;
            return send(url, await this.#signIn.token(token), call);
        }
    }
}

/** @param {string} name */
function recipePath(name) {
    return `/api/recipes/${encodeURIComponent(name)}`;
}

/** @param {string} id @param {string} fileID */
function filePath(id, fileID) {
    return `${path(id)}/files/${encodeURIComponent(fileID)}`;
}

/** @param {string} id */
function path(id) {
    return `/api/sessions/${encodeURIComponent(id)}`;
}

/**
 * @param {string} url @param {string | null} token @param {Call} call
 * @returns {Promise<Response>}
 * @throws {ApiError} For any response other than success. An aborted call throws what `fetch` throws.
 */
async function send(url, token, { method = "GET", body, file, headers = {}, signal, keepalive }) {
    /** @type {Record<string, string>} */
    const all = { Accept: "application/json", ...headers };
    if (token) all.Authorization = `Bearer ${token}`;
    if (body !== undefined) all["Content-Type"] = "application/json";
    if (file) all["Content-Type"] = "application/octet-stream";
    let response;
    try {
        response = await fetch(url, {
            method, headers: all, signal, keepalive, body: file ?? (body === undefined ? undefined : JSON.stringify(body)),
        });
    } catch (error) {
        if (signal?.aborted) throw error;
        throw new ApiError(0);
    }
    if (response.ok) return response;
    throw new ApiError(response.status, await response.json().catch(() => ({})));
}
