/**
 * Who controls the browser, as the server reports it, and the user's lease of the control.
 *
 * @typedef {"agent" | "taking" | "you" | "other"} Owner
 */

/** How often to renew the lease, in milliseconds. */
const renewal = 15_000;
/** How long to wait for the agent to stop, in milliseconds. */
const timeout = 20_000;

export class LiveControl {
    /** @type {Owner} */
    owner = "agent";
    #send;
    #changed;
    #end = 0;
    #clock = 0;
    #renewed = 0;
    #timeout = 0;
    #isConnected = true;

    /**
     * @param {(frame: object) => void} send
     * @param {() => void} changed Called when the owner changes, and every second of the user's lease.
     */
    constructor(send, changed) {
        this.#send = send;
        this.#changed = changed;
    }

    get secondsLeft() {
        return Math.max(0, Math.ceil((this.#end - performance.now()) / 1000));
    }

    take() {
        if (this.owner !== "agent") return;
        this.#become("taking");
        this.#send({ type: "control.take" });
        this.#timeout = setTimeout(() => this.refuse(), timeout);
    }

    release() {
        if (this.owner === "you") this.#send({ type: "control.release" });
        this.#become("agent");
    }

    /** Handles a denied request for control. */
    refuse() {
        if (this.owner === "taking") this.#become("agent");
    }

    /**
     * Handles the server's report. Everyone is notified of a takeover, but only the user who took control receives its
     * ID.
     */
    receive({ owner = "agent", control_id: id, lease_seconds: seconds }) {
        if (!owner.startsWith("person")) {
            // An earlier report may arrive while the user is taking control.
            if (this.owner !== "taking") this.#become("agent");
        } else if (id !== undefined && id !== null) {
            this.#end = performance.now() + (seconds ?? 45) * 1000;
            if (this.owner === "you") this.#changed();
            else this.#become("you");
        } else if (this.owner === "agent") {
            this.#become("other");
        }
    }

    /** Control outlives the connection: the next connection renews the lease if it hasn't expired. */
    setConnected(isConnected) {
        this.#isConnected = isConnected;
        if (isConnected && this.owner === "you") this.#renew();
    }

    clear() {
        this.#become("agent", true);
    }

    /** @param {Owner} owner */
    #become(owner, isSilent = false) {
        clearTimeout(this.#timeout);
        clearInterval(this.#clock);
        const isNew = owner !== this.owner;
        this.owner = owner;
        if (owner === "you") {
            this.#renewed = performance.now();
            this.#clock = setInterval(() => this.#tick(), 1000);
        }
        if (isNew && !isSilent) this.#changed();
    }

    #tick() {
        if (this.secondsLeft === 0) return this.#become("agent");
        if (performance.now() - this.#renewed >= renewal) this.#renew();
        this.#changed();
    }

    #renew() {
        if (!this.#isConnected) return;
        this.#renewed = performance.now();
        this.#send({ type: "control.renew" });
    }
}
