/**
 * The functions that templates may call: Go's own and Loki's.
 */
const names = new Set(
  (
    'and or not eq ne lt le gt ge len index slice print printf println html js urlquery call ' +
    'ToLower ToUpper Replace Trim TrimLeft TrimRight TrimPrefix TrimSuffix TrimSpace ' +
    'lower upper title trunc substr trim trimAll trimPrefix trimSuffix indent nindent replace repeat ' +
    'contains hasPrefix hasSuffix default regexReplaceAll regexReplaceAllLiteral count ' +
    'alignLeft alignRight urlencode urldecode b64enc b64dec ' +
    'add sub mul div mod max min int float64 addf subf mulf divf maxf minf ceil floor round ' +
    'bytes duration duration_seconds now unixEpoch unixEpochMillis unixEpochNanos date toDate ' +
    'toDateInZone unixToTime fromJson __line__ __timestamp__'
  ).split(' '),
)

/** Whether a template may name this function. */
export function isTemplateFunction(name: string): boolean {
  return names.has(name)
}
