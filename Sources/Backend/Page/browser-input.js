import { keyName } from "./browser-keys.js";

/**
 * Converts mouse, wheel, touch, and keyboard input on the live view's canvas to socket frames. An invisible text field
 * receives the keyboard, so that input methods work.
 */

/** The minimum interval between moves, and between wheel frames, in milliseconds. */
const moveInterval = 50;
const wheelInterval = 60;
/** Two clicks within this time, in milliseconds, and this distance, in pixels, form a double-click. */
const clickPause = 450;
const clickDistance = 6;
/**
 * A finger that moves farther than this, in pixels, scrolls. One held longer than this, in milliseconds, right-clicks.
 */
const tapDistance = 10;
const longPress = 550;
const buttons = ["left", "middle", "right"];
/** Keeps a message within the size limit of AgentCore's WebSockets, in characters. */
const longestPiece = 8000;
const longestPaste = 100_000;
/** Keeps the field from being empty: phone keyboards report no Backspace in an empty field. */
const sentinel = "\u200b";

export class BrowserInput {
    #canvas;
    #keys;
    #options;
    #isActive = false;
    #lastMove = 0;
    #moveTimer = 0;
    #nextMove = null;
    #held = null;
    #click = { time: -Infinity, x: 0, y: 0, button: "", count: 0 };
    #wheel = { x: 0, y: 0, place: null, timer: 0 };
    #touch = null;

    /**
     * @param {HTMLCanvasElement} canvas
     * @param {HTMLTextAreaElement} keys The field that receives the keyboard.
     * @param {object} options
     * @param {(frame: object) => void} options.send
     * @param {(point: {clientX: number, clientY: number}) => {x: number, y: number}} options.placeOf
     * @param {() => number} options.scale The number of pixels of the browser page per CSS pixel of this window.
     * @param {() => void} options.onLeave Called when the user releases the keyboard with Escape.
     * @param {() => void} options.onIdle Called when the user tries to interact without control.
     */
    constructor(canvas, keys, options) {
        this.#canvas = canvas;
        this.#keys = keys;
        this.#options = options;
        this.#listenToPointer();
        this.#listenToKeys();
    }

    /** Whether input is forwarded. @param {boolean} isActive */
    setActive(isActive) {
        if (isActive === this.#isActive) return;
        this.#isActive = isActive;
        // With control, one finger works in the browser, and two fingers enlarge the picture; without it, gestures scroll
        // this page.
        this.#canvas.style.touchAction = isActive ? "pinch-zoom" : "auto";
        if (!isActive) {
            this.#keys.blur();
            // Discard gestures in progress: their end won't be received.
            this.#cancel();
            this.#nextMove = null;
            clearTimeout(this.#moveTimer);
            this.#moveTimer = 0;
        }
    }

    takeKeyboard() {
        this.#keys.value = sentinel;
        this.#keys.focus({ preventScroll: true });
    }

    // Mouse

    #listenToPointer() {
        const canvas = this.#canvas;
        const whenActive = (action) => (event) => {
            if (this.#isActive) action(event);
        };
        canvas.addEventListener("pointerdown", (event) => {
            if (!this.#isActive) return this.#options.onIdle();
            canvas.setPointerCapture(event.pointerId);
            if (event.pointerType === "touch") this.#touchDown(event);
            else this.#mouseDown(event);
        });
        canvas.addEventListener("pointermove", whenActive((event) => {
            if (event.pointerType === "touch") this.#touchMove(event);
            else this.#move(event);
        }));
        canvas.addEventListener("pointerup", whenActive((event) => {
            if (event.pointerType === "touch") this.#touchUp(event);
            else this.#mouseUp(event);
        }));
        canvas.addEventListener("pointercancel", () => this.#cancel());
        canvas.addEventListener("wheel", whenActive((event) => this.#turn(event)), { passive: false });
        // Keep the focus in the keyboard field, and keep the middle button from scrolling.
        canvas.addEventListener("mousedown", whenActive((event) => event.preventDefault()));
        canvas.addEventListener("contextmenu", whenActive((event) => event.preventDefault()));
    }

    #mouseDown(event) {
        this.takeKeyboard();
        const button = buttons[event.button];
        if (!button) return;
        const place = this.#options.placeOf(event);
        this.#flushMove();
        this.#held = button;
        this.#mouse("down", place, button, this.#countClick(event, button));
    }

    #mouseUp(event) {
        const button = buttons[event.button];
        if (!button) return;
        this.#flushMove();
        this.#held = null;
        this.#mouse("up", this.#options.placeOf(event), button, this.#click.count || 1);
    }

    #countClick({ clientX: x, clientY: y, timeStamp: time }, button) {
        const last = this.#click;
        const isNext = button === last.button && time - last.time < clickPause
            && Math.hypot(x - last.x, y - last.y) < clickDistance;
        this.#click = { time, x, y, button, count: isNext ? (last.count % 3) + 1 : 1 };
        return this.#click.count;
    }

    /** Throttles moves: only the newest position is sent at the end of an interval. */
    #move(event) {
        this.#nextMove = this.#options.placeOf(event);
        const left = moveInterval - (performance.now() - this.#lastMove);
        if (left <= 0) this.#flushMove();
        else this.#moveTimer ||= setTimeout(() => this.#flushMove(), left);
    }

    #flushMove() {
        clearTimeout(this.#moveTimer);
        this.#moveTimer = 0;
        if (!this.#nextMove) return;
        this.#lastMove = performance.now();
        this.#options.send({
            type: "input.mouse", action: "move", ...this.#nextMove, ...(this.#held ? { button: this.#held } : {}),
        });
        this.#nextMove = null;
    }

    #mouse(action, place, button, clicks) {
        this.#options.send({ type: "input.mouse", action, ...place, button, clicks });
    }

    #turn(event) {
        // Ctrl and the wheel zoom the user's own page.
        if (event.ctrlKey) return;
        event.preventDefault();
        const unit = [1, 16, this.#canvas.clientHeight][event.deltaMode] ?? 1;
        this.#scroll(this.#options.placeOf(event), event.deltaX * unit, event.deltaY * unit);
    }

    #scroll(place, x, y) {
        const wheel = this.#wheel;
        wheel.x += x;
        wheel.y += y;
        wheel.place = place;
        wheel.timer ||= setTimeout(() => {
            wheel.timer = 0;
            const [deltaX, deltaY] = [Math.round(wheel.x), Math.round(wheel.y)];
            wheel.x = 0;
            wheel.y = 0;
            if (!this.#isActive || (!deltaX && !deltaY)) return;
            this.#options.send({ type: "input.wheel", ...wheel.place, delta_x: deltaX, delta_y: deltaY });
        }, wheelInterval);
    }

    // Touch: a tap clicks, a swipe scrolls, and a long press right-clicks.

    #touchDown(event) {
        if (this.#touch) return;
        const { pointerId: id, clientX: x, clientY: y } = event;
        const place = this.#options.placeOf(event);
        this.#touch = { id, x, y, start: { x, y }, isStroke: false, timer: 0 };
        this.#touch.timer = setTimeout(() => {
            if (!this.#isActive || !this.#touch || this.#touch.isStroke) return;
            this.#touch = null;
            this.#tap(place, "right", 1);
        }, longPress);
    }

    #touchMove(event) {
        const touch = this.#touch;
        if (event.pointerId !== touch?.id) return;
        touch.isStroke ||= Math.hypot(event.clientX - touch.start.x, event.clientY - touch.start.y) > tapDistance;
        if (!touch.isStroke) return;
        clearTimeout(touch.timer);
        const scale = this.#options.scale();
        this.#scroll(
            this.#options.placeOf({ clientX: touch.start.x, clientY: touch.start.y }),
            (touch.x - event.clientX) * scale, (touch.y - event.clientY) * scale);
        touch.x = event.clientX;
        touch.y = event.clientY;
    }

    #touchUp(event) {
        const touch = this.#touch;
        if (event.pointerId !== touch?.id) return;
        clearTimeout(touch.timer);
        this.#touch = null;
        if (touch.isStroke) return;
        this.#tap(this.#options.placeOf(event), "left", this.#countClick(event, "left"));
        this.takeKeyboard();
    }

    #tap(place, button, clicks) {
        this.#options.send({ type: "input.mouse", action: "move", ...place });
        this.#mouse("down", place, button, clicks);
        this.#mouse("up", place, button, clicks);
    }

    #cancel() {
        clearTimeout(this.#touch?.timer);
        this.#touch = null;
        this.#held = null;
    }

    // Keyboard

    #listenToKeys() {
        const keys = this.#keys;
        keys.addEventListener("keydown", (event) => {
            if (!this.#isActive || event.isComposing || event.keyCode === 229) return;
            if (event.key === "Escape" && !event.shiftKey && !event.ctrlKey && !event.altKey && !event.metaKey) {
                event.preventDefault();
                event.stopPropagation();
                return this.#options.onLeave();
            }
            const key = keyName(event);
            if (!key) return;
            event.preventDefault();
            // Keep the key from triggering this page's own shortcuts.
            event.stopPropagation();
            this.#options.send({ type: "input.key", key });
        });
        keys.addEventListener("beforeinput", (event) => {
            const key = { deleteContentBackward: "Backspace", insertLineBreak: "Enter" }[event.inputType];
            if (!key || event.isComposing || !this.#isActive) return;
            event.preventDefault();
            this.#options.send({ type: "input.key", key });
        });
        keys.addEventListener("input", (event) => {
            if (!(/** @type {InputEvent} */ (event).isComposing)) this.#flushText();
        });
        // Some browsers put the composed text in the field only after this event.
        keys.addEventListener("compositionend", () => setTimeout(() => this.#flushText()));
        keys.addEventListener("paste", (event) => {
            event.preventDefault();
            this.#text(event.clipboardData?.getData("text/plain") ?? "");
        });
        keys.addEventListener("drop", (event) => event.preventDefault());
    }

    #flushText() {
        const text = this.#keys.value.replaceAll(sentinel, "");
        this.#keys.value = sentinel;
        this.#text(text);
    }

    #text(text) {
        if (!this.#isActive) return;
        for (let start = 0; start < Math.min(text.length, longestPaste);) {
            // Don't split a surrogate pair.
            const isHalf = /[\ud800-\udbff]/.test(text[start + longestPiece - 1] ?? "");
            const end = start + longestPiece + (isHalf ? 1 : 0);
            this.#options.send({ type: "input.text", text: text.slice(start, end) });
            start = end;
        }
    }
}
