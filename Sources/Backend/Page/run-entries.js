import { answerWords } from "./answer-words.js";
import { withoutMarks } from "./run-state.js";
import { webAddress } from "./web-address.js";

/**
 * The entries of the message column, in order: the stored messages, and the events of each run that isn't stored yet.
 * Both use the same keys, so that elements stay in place when a run's events become stored messages.
 *
 * @typedef {import("./run-state.js").Run} Run
 * @typedef {import("./api.js").Message} Message
 * @typedef {{key: string, kind: "words" | "text" | "steps" | "question" | "sendAll" | "answer" | "error" | "notice" |
 *     "file" | "working", data: any}} Entry
 */

/**
 * @param {Message[]} messages Oldest first.
 * @param {Run[]} runs The runs that this page has followed, oldest first.
 * @param {{openRun: string | null, runningRun: string | null, sentWords: (id: string) => string | null}} now
 *     The run that waits for the user, and the run in progress.
 * @returns {Entry[]}
 */
export function entriesOf(messages, runs, now) {
    const stored = new Set(messages.filter((message) => message.role === "assistant").map(({ run_id: run }) => run));
    const live = runs.filter((run) => !stored.has(run.runId) && run.phase !== "idle");
    const lastWords = messages.findLast(({ role, kind }) => role === "user" && kind === "text")?.content ?? "";
    const entries = [...storedEntries(messages, runs, now), ...live.flatMap((run) => liveEntries(run, now, lastWords))];
    if (openQuestions(entries).length > 1) {
        const last = entries.findLastIndex(({ kind, data }) => kind === "question" && data.isOpen);
        entries.splice(last + 1, 0, { key: "send-all", kind: "sendAll", data: null });
    }
    const working = live.findLast((run) => run.phase === "running");
    if (working || now.runningRun) {
        entries.push({ key: "working", kind: "working", data: working ?? { plan: [], note: "", items: [] } });
    }
    return entries;
}

/** The questions that can be answered now. @param {Entry[]} entries */
export function openQuestions(entries) {
    return entries.filter(({ kind, data }) => kind === "question" && data.isOpen).map(({ data }) => data.interrupt);
}

/** @returns {Entry[]} */
function storedEntries(messages, runs, now) {
    const answers = new Map(messages.filter(({ kind }) => kind === "answer")
        .map((message) => [message.details?.interruptId, message]));
    const questions = messages.filter(({ kind }) => kind === "question");
    const asked = new Set(questions.map(({ details }) => details?.id));
    const answered = new Set(questions.filter(({ details }) => answers.has(details?.id)).map(({ run_id: run }) => run));
    const counts = new Map();
    /** @type {Map<string | null, {address?: string}[]>} */
    const stepsOf = new Map();
    for (const { kind, run_id: run = null, details } of messages) {
        if (kind === "steps") stepsOf.set(run, [...stepsOf.get(run) ?? [], ...details?.steps ?? []]);
    }
    let lastWords = "";
    return messages.flatMap((message) => {
        const { id, kind, content, details = {}, run_id: run = null } = message;
        const place = `${run}:${kind}`;
        const count = counts.get(place) ?? 0;
        if (message.role === "assistant") counts.set(place, count + 1);
        // Messages without a run ID don't belong to a common run.
        const key = run ? `${place}:${count}` : id;
        const known = runs.find((other) => other.runId === run);
        switch (kind) {
        case "text":
            if (message.role === "user") {
                lastWords = content;
                return [{ key: id, kind: "words", data: {
                    content, time: message.created_at, files: details.files ?? [], ...pending(details),
                } }];
            }
            return [{ key, kind, data: {
                text: content, isOpen: false, time: message.created_at, ...details,
                ...(details.usage ? taskOf(stepsOf.get(run) ?? []) : {}), ...jsonOf(details),
            } }];
        case "steps": {
            const end = answered.has(run) ? "answered" : run !== null && run === now.openRun ? "waiting" : "";
            const steps = storedSteps(details.steps ?? [], known, end);
            return steps.length ? [{ key, kind, data: { steps } }] : [];
        }
        case "question": {
            const answer = answers.get(details.id);
            const isOpen = run === now.openRun && run !== null && !answer;
            const words = answer ? answerWords(details, answer) : now.sentWords(details.id);
            const isForTask = answer?.details?.payload?.for_task === true && [now.openRun, now.runningRun].some(Boolean);
            return [question(run, details, isOpen, words, isForTask)];
        }
        case "answer":
            return asked.has(details.interruptId)
                ? [] : [{ key: id, kind, data: { content, time: message.created_at } }];
        case "file":
            return [{ key: `${run}:file:${details.id}`, kind, data: { file: details } }];
        case "error":
            return [{ key: `${run ?? id}:end`, kind, data: { message: content, code: details.code, lastWords } }];
        default:
            return [{ key: `${run ?? id}:end`, kind: "notice", data: { message: content, code: details.code } }];
        }
    });
}

/** @returns {Entry[]} */
function liveEntries(run, now, lastWords) {
    const counts = { text: 0, steps: 0 };
    const lastText = run.items.findLast((item) => item.kind === "text");
    const entries = run.items.flatMap((item) => {
        const key = `${run.runId}:${item.kind}:${counts[item.kind]}`;
        if (item.kind === "steps") {
            counts.steps += 1;
            return [{ key, kind: "steps", data: { steps: item.steps, isLive: run.phase === "running" } }];
        }
        if (!item.text) return [];
        counts.text += 1;
        const end = item === lastText && run.phase === "done" ? endOf(run) : {};
        const text = withoutMarks(item.text, item.isOpen);
        return text ? [{ key, kind: "text", data: { text, isOpen: item.isOpen, ...end } }] : [];
    });
    for (const file of run.files) entries.push({ key: `${run.runId}:file:${file.id}`, kind: "file", data: { file } });
    for (const interrupt of run.interrupts) {
        entries.push(question(run.runId, interrupt, run.runId === now.openRun, now.sentWords(interrupt.id)));
    }
    const key = `${run.runId}:end`;
    if (run.phase === "failed") entries.push({ key, kind: "error", data: { ...run.error, lastWords } });
    if (run.phase === "stopped") entries.push({ key, kind: "notice", data: { message: "", code: "stopped" } });
    return entries;
}

/** What a finished run says about itself below its answer. @param {Run} run */
function endOf({ links, usage, dollars, seconds, outcome, result, items }) {
    const steps = items.flatMap((item) => (item.kind === "steps" ? item.steps : []));
    return { links, usage, dollars, seconds, outcome, ...taskOf(steps), ...jsonOf({ result }) };
}

/** @type {WeakMap<object, string>} */
const results = new WeakMap();

/** The structured result as JSON, because pieces compare their data. */
function jsonOf({ result }) {
    if (!result) return { result: undefined };
    const json = results.get(result) ?? JSON.stringify(result);
    results.set(result, json);
    return { result: json };
}

/**
 * Where a task was done, and the recipe that it repeated: the call as JSON, because pieces compare their data.
 * @param {{name?: string, input?: string, arguments?: any, address?: string}[]} steps
 */
function taskOf(steps) {
    const repeated = steps.findLast(({ name }) => name === "repeat_task");
    const sites = sitesOf(steps);
    return { sites, recipe: repeated ? callOf(repeated) : undefined, canSave: !repeated && sites !== "" };
}

/** The call of a recipe. @param {{input?: string, arguments?: any}} step Live, or stored. @returns {string | undefined} */
function callOf(step) {
    try {
        const { recipe, values = [] } = step.arguments ?? JSON.parse(step.input ?? "");
        const pairs = values.map((/** @type {string} */ pair) => [pair.split("=", 1)[0], pair.slice(pair.indexOf("=") + 1)]);
        return JSON.stringify({ name: recipe, values: Object.fromEntries(pairs) });
    } catch {
        // It was cut.
        return undefined;
    }
}

/** The hosts on which steps were done, in the order of their first visit. @param {{address?: string}[]} steps */
function sitesOf(steps) {
    return [...new Set(steps.map(({ address }) => webAddress(address ?? "")?.host).filter(Boolean))].join(", ");
}

/** @returns {Entry} */
function question(run, interrupt, isOpen, answer, isForTask = false) {
    return { key: `${run}:question:${interrupt.id}`, kind: "question", data: { interrupt, isOpen, answer, isForTask } };
}

function pending(details) {
    return details.pending ? { isPending: true } : {};
}

/** Returns the same array for the same steps, so that unchanged steps aren't redrawn. */
const remembered = new WeakMap();

/** @param {"answered" | "waiting" | ""} end The state of the run's question. */
function storedSteps(steps, run, end) {
    const known = remembered.get(steps);
    if (known && known.run === run && known.end === end) return known.steps;
    const made = { run, end, steps: steps.map((step) => storedStep(step, run)).flatMap((step) => settled(step, end)) };
    remembered.set(steps, made);
    return made.steps;
}

/** A step that asked the user is waiting. Once answered, it's dropped here, because the run that continues shows it. */
function settled(step, end) {
    if (step.status !== "unfinished" || !end) return [step];
    return end === "waiting" ? [{ ...step, status: "waiting" }] : [];
}

/** Converts a stored step. Its duration is known only if this page followed the run. */
function storedStep(step, run) {
    const followed = run?.items.flatMap((item) => item.steps ?? []).find((other) => other.id === step.id);
    return {
        id: String(step.id ?? ""), name: String(step.name ?? ""), title: String(step.title ?? ""),
        elements: step.elements ?? {}, address: String(step.address ?? ""), repeated: step.repeated === true,
        input: step.arguments === undefined ? "" : JSON.stringify(step.arguments), result: step.result ?? null,
        status: step.status ?? "done", milliseconds: step.milliseconds ?? followed?.milliseconds ?? null,
    };
}
