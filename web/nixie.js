/*
 * The page works without this: the form is posted and the answer comes as a page. With it the answer
 * comes at once: on pasting, on a pause in typing, on dropping a file. The server renders it in both
 * cases; here it is only put in its place. Nothing is stored and nobody else is asked.
 */
'use strict';
(() => {
	const form = document.getElementById('form');
	const show = element => { element.hidden = false; };
	const texts = root => root.querySelectorAll('button.copy').forEach(show);
	texts(document);

	document.addEventListener('click', async event => {
		const button = event.target.closest('button.copy');
		if (!button)
			return;
		const text = button.previousElementSibling;
		try {
			await navigator.clipboard.writeText(text.textContent.trim());
			button.textContent = button.dataset.done;
		} catch {
			getSelection().selectAllChildren(text); // to be copied by hand
		}
	});
	if (!form)
		return;

	const box = form.elements.text, file = form.elements.file;
	const answers = document.getElementById('answers'), status = document.getElementById('status');
	const PAUSE_MS = 450, SHORT = 12;
	let asked = 0, last = '', timer;

	// An answer was asked for and is here; an older one that arrives late is dropped.
	const put = (html, focus) => {
		answers.innerHTML = html;
		texts(answers);
		form.classList.toggle('has-answer', answers.firstElementChild !== null);
		const headline = document.getElementById('answer');
		status.textContent = headline && !focus ? headline.textContent : '';
		if (headline && focus) {
			box.scrollTop = 0;
			headline.focus();
		}
	};
	const ask = async (body, type, focus) => {
		const mine = ++asked;
		const url = new URL(form.action);
		url.searchParams.set('part', 'answer');
		status.textContent = form.dataset.reading;
		try {
			const response = await fetch(url, { method: 'POST', body, headers: { 'Content-Type': type, Accept: 'text/html' } });
			const answer = await response.text();
			if (mine !== asked)
				return;
			if ((response.headers.get('Content-Type') || '').startsWith('text/html'))
				put(answer, focus); // an answer, or what was too large, too often
			else
				status.textContent = form.dataset.failed;
		} catch {
			if (mine === asked)
				status.textContent = form.dataset.failed;
		}
	};
	const read = focus => {
		clearTimeout(timer);
		const text = box.value;
		if (text === last && !focus)
			return;
		last = text;
		if (text.trim() === '') {
			asked++;
			put('', false);
			if (focus) {
				status.textContent = form.dataset.empty;
				box.focus();
			}
			return;
		}
		ask(text, 'text/plain; charset=utf-8', focus);
	};
	const take = one => {
		if (one) {
			last = null;
			ask(one, 'application/octet-stream', true);
		}
	};

	form.addEventListener('submit', event => {
		if (event.submitter && event.submitter.hasAttribute('formaction'))
			return; // another language: the whole page
		event.preventDefault();
		if (file.files.length > 0 && box.value.trim() === '')
			take(file.files[0]);
		else
			read(true);
	});
	box.addEventListener('paste', () => setTimeout(() => read(box.value.length > SHORT), 0));
	box.addEventListener('input', event => {
		clearTimeout(timer);
		if (event.inputType !== 'insertFromPaste')
			timer = setTimeout(() => read(false), PAUSE_MS);
	});
	box.addEventListener('keydown', event => {
		if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
			event.preventDefault();
			read(true);
		}
	});
	file.addEventListener('change', () => take(file.files[0]));

	// A change of language keeps what was pasted.
	document.querySelectorAll('.languages a').forEach(link => link.addEventListener('click', event => {
		if (box.value.trim() === '')
			return;
		event.preventDefault();
		form.action = '/explain?lang=' + encodeURIComponent(link.hreflang);
		form.submit();
	}));

	const root = document.documentElement;
	addEventListener('dragover', event => {
		if (event.dataTransfer.types.includes('Files')) {
			event.preventDefault();
			root.classList.add('dropping');
		}
	});
	addEventListener('dragleave', event => {
		if (!event.relatedTarget)
			root.classList.remove('dropping');
	});
	addEventListener('drop', event => {
		root.classList.remove('dropping');
		if (event.dataTransfer.files.length > 0) {
			event.preventDefault();
			take(event.dataTransfer.files[0]);
		}
	});
})();
