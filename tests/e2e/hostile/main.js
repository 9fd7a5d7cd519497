// A game's client that tries to get out of its frame. Each attempt gives what it has got, or throws.
// frame.test.mjs starts it by attack(address of another game's entry) and reads the findings.
const WAIT_MS = 3000;

const attempts = {
    'read the cookies': () => document.cookie,
    'set a cookie': () => {
        // biome-ignore lint/suspicious/noDocumentCookie: what is to be refused
        document.cookie = 'hostile=1';
        return document.cookie;
    },
    'use the local storage': () => localStorage.length,
    'use the session storage': () => sessionStorage.length,
    'use a database': () => arrival(indexedDB.open('hostile'), 'success', 'error'),
    'use the caches': () => caches.keys(),
    'register a service worker': () => navigator.serviceWorker.register('main.js'),
    'read the page': () => parent.document.body.textContent,
    'read the address of the page': () => parent.location.href,
    'ask for an account': () => fetch('/api/auth/me', { credentials: 'include' }),
    'make an account': () => fetch('/api/auth/guest', { method: 'POST', mode: 'no-cors' }),
    'ask by XMLHttpRequest': () => {
        const request = new XMLHttpRequest();
        request.open('GET', '/api/auth/me');
        request.send();
        return arrival(request, 'load', 'error');
    },
    'open the WebSocket': () =>
        arrival(new WebSocket(`${location.origin.replace(/^http/, 'ws')}/ws`), 'open', 'error'),
    'listen to server-sent events': () =>
        arrival(new EventSource('/api/social/messages'), 'open', 'error'),
    'talk to a stranger by WebRTC': async () => {
        const connection = new RTCPeerConnection();
        connection.createDataChannel('hostile');
        await connection.setLocalDescription();
        while (connection.iceGatheringState !== 'complete')
            await arrival(connection, 'icegatheringstatechange', 'icecandidateerror');
        return need(connection.localDescription.sdp.match(/^a=candidate.*$/m));
    },
    'fetch a page': () => fetch('/rooms'),
    "fetch another game's file": (victim) => fetch(victim),
    "import another game's file": (victim) => import(victim),
    'import a script of the pages': () => script('/_next/static/chunks/main.js'),
    'run an inline script': () => {
        const element = document.createElement('script');
        element.textContent = 'globalThis.inline = true';
        document.head.append(element);
        return need(globalThis.inline);
    },
    // biome-ignore lint/security/noGlobalEval: what is to be refused
    'evaluate text': () => globalThis.eval('1 + 1'),
    'make a function of text': () => new Function('return 1')(),
    'start a worker': () => {
        const address = URL.createObjectURL(new Blob(['postMessage(1)']));
        return arrival(new Worker(address), 'message', 'error');
    },
    'load an image of the site': () => image('/favicon.svg'),
    'load an image of another site': () => image('http://127.0.0.1:9/x.png'),
    'open a window': () => need(window.open('/rooms')),
    'show a frame': () => {
        const frame = document.createElement('iframe');
        frame.src = '/login';
        document.body.append(frame);
        return arrival(frame, 'load', 'error').then(() => frame.contentDocument.body.textContent);
    },
    'send a form': () => {
        const form = document.createElement('form');
        form.method = 'post';
        form.action = '/api/auth/logout';
        document.body.append(form);
        const refusal = arrival(document, 'never', 'securitypolicyviolation');
        form.submit();
        return refusal;
    },
    'take the page elsewhere': () => {
        top.location.href = '/login';
        return 'gone';
    },
    'ask for the camera': () => navigator.mediaDevices.getUserMedia({ video: true }),
    'ask for the place': () =>
        new Promise((resolve, reject) => {
            navigator.geolocation.getCurrentPosition(resolve, reject);
        }),
};

function need(value) {
    if (!value) throw new Error('nothing');
    return value;
}

function arrival(target, good, bad) {
    return new Promise((resolve, reject) => {
        target.addEventListener(good, () => resolve(good));
        target.addEventListener(bad, () => reject(new Error(bad)));
    });
}

function script(address) {
    const element = document.createElement('script');
    element.src = address;
    document.head.append(element);
    return arrival(element, 'load', 'error');
}

function image(address) {
    const element = new Image();
    element.src = address;
    return arrival(element, 'load', 'error');
}

async function outcome(attempt, victim) {
    const late = new Promise((_, reject) => setTimeout(() => reject(new Error('late')), WAIT_MS));
    try {
        return `got ${await Promise.race([attempt(victim), late])}`;
    } catch (error) {
        return `refused: ${error.name ?? error}`;
    }
}

async function attack(victim) {
    const names = Object.keys(attempts);
    const found = await Promise.all(names.map((name) => outcome(attempts[name], victim)));
    return Object.fromEntries(names.map((name, i) => [name, found[i]]));
}

export function create(kit) {
    kit.status('<img src=x onerror="alert(1)"><b>said</b>');
    kit.send(new Uint8Array(5000));
    for (let i = 0; i < 100; i++) {
        parent.postMessage({ gamekit: 1, ready: true }, '*');
        parent.postMessage({ gamekit: 1, entry: '/games/none', start: {} }, '*');
    }
    globalThis.told = kit.start;
    // From a timer: what a debugger calls may do more than a page's own code.
    globalThis.attack = (victim) =>
        new Promise((resolve) => setTimeout(() => resolve(attack(victim))));
}
