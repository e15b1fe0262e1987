/** Packs files into one archive in the format of `tar`, compressed with gzip, which every system can open. */

const block = 512;

/**
 * @param {{ name: string, content: Blob }[]} files Names have at most 100 bytes.
 * @returns {Promise<Blob>}
 */
export async function pack(files) {
    /** @type {BlobPart[]} */
    const parts = files.flatMap(({ name, content }) => [
        header(name, content.size), content, new Uint8Array((block - (content.size % block)) % block),
    ]);
    // Two empty blocks end an archive.
    const whole = new Blob([...parts, new Uint8Array(2 * block)]);
    return new Response(whole.stream().pipeThrough(new CompressionStream("gzip"))).blob();
}

/** The header of POSIX's "ustar" format. @param {string} name @param {number} size In bytes. */
function header(name, size) {
    const bytes = new Uint8Array(block);
    if (new TextEncoder().encode(name).length > 100) throw new RangeError(`The name ${name} has more than 100 bytes.`);
    const put = (/** @type {string} */ text, /** @type {number} */ offset) =>
        bytes.set(new TextEncoder().encode(text), offset);
    const octal = (/** @type {number} */ number, /** @type {number} */ length) =>
        number.toString(8).padStart(length - 1, "0");
    put(name, 0);
    put(octal(0o600, 8), 100);
    put(octal(0, 8), 108);
    put(octal(0, 8), 116);
    put(octal(size, 12), 124);
    put(octal(Math.floor(Date.now() / 1000), 12), 136);
    // The checksum counts its own field as spaces.
    put(" ".repeat(8), 148);
    put("0", 156);
    put("ustar", 257);
    put("00", 263);
    put(`${octal(bytes.reduce((sum, byte) => sum + byte, 0), 7)}\0`, 148);
    return bytes;
}
