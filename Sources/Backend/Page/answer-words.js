import { payloadWords, secretWords } from "./card-form.js";
import { t } from "./i18n.js";

/**
 * The user's answer to a question, as text.
 * @param {import("./card-bodies.js").Interrupt} interrupt
 * @param {import("./api.js").Message} answer The stored answer, which leaves out content that may be secret.
 */
export function answerWords({ reason, responseSchema }, { content, details = {} }) {
    const { status, payload } = details;
    if (status !== "cancelled" && !payload) return content || secretWords;
    const words = status === "cancelled" ? t("card.declined") : given[reason]?.(payload);
    if (words === undefined) return payloadWords(responseSchema, payload) || content;
    return payload?.comment ? `${words}: ${payload.comment}` : words;
}

/** The text of an approval. @param {{edits?: object, for_task?: boolean}} payload */
export function approvalWords(payload) {
    if (payload.for_task) return t("card.approvedForTask");
    return t(Object.keys(payload.edits ?? {}).length ? "card.approvedEdited" : "card.approved");
}

/** @param {{stay_signed_in?: boolean}} payload */
export function handedBackWords(payload) {
    return t(payload.stay_signed_in ? "card.handedBackSignedIn" : "card.handedBack");
}

/** @type {Record<string, (payload: any) => string>} */
const given = {
    confirmation: (payload) => (payload.approved ? approvalWords(payload) : t("card.rejected")),
    takeover: handedBackWords,
};
