import { payloadWords, secretWords } from "./card-form.js";
import { t } from "./i18n.js";

/**
 * What a person has answered to a question, in words.
 * @param {import("./card-bodies.js").Interrupt} interrupt
 * @param {import("./api.js").Message} answer As it is stored, without what may be a secret.
 */
export function answerWords({ reason, responseSchema }, { content, details = {} }) {
    const { status, payload } = details;
    if (status !== "cancelled" && !payload) return content || secretWords;
    const words = status === "cancelled" ? t("card.declined") : given[reason]?.(payload);
    if (words === undefined) return payloadWords(responseSchema, payload) || content;
    return payload?.comment ? `${words}: ${payload.comment}` : words;
}

/** A yes in words. @param {{edits?: object, for_task?: boolean}} payload */
export function approvalWords(payload) {
    if (payload.for_task) return t("card.approvedForTask");
    return t(Object.keys(payload.edits ?? {}).length ? "card.approvedEdited" : "card.approved");
}

/** @type {Record<string, (payload: any) => string>} */
const given = {
    confirmation: (payload) => (payload.approved ? approvalWords(payload) : t("card.rejected")),
    takeover: () => t("card.handedBack"),
};
