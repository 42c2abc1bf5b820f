/* Results in TAP, the Test Anything Protocol. */
let cases = 0, failures = 0;

/* trouble: a list of lines, empty when all is well */
export function check(trouble, name) {
	cases++;
	console.log(`${trouble.length > 0 ? 'not ok' : 'ok'} ${cases} - ${name.replaceAll('#', ' ')}`);
	failures += trouble.length > 0;
	for (const line of trouble.slice(0, 20))
		console.log('# ' + String(line).replaceAll('\n', '\n# '));
}

export function is(name, got, want) {
	check(got === want ? [] : [`got  ${JSON.stringify(got)}`, `want ${JSON.stringify(want)}`], name);
}

export function has(name, text, ...words) {
	check(words.filter(w => !text.includes(w)).map(w => `not there: ${w}`), name);
}

export function done() {
	console.log(`1..${cases}`);
	return failures > 0 ? 1 : 0;
}
