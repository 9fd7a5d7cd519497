// The shapes of docs/protocol.md as the pages see them. Types only; nothing here runs.

export interface Account {
    id: string;
    username: string;
    email: string | null;
    guest: boolean;
    admin: boolean;
    createdAt: string;
}

export interface Profile {
    id: string;
    username: string;
    guest: boolean;
    createdAt: string;
}

export interface SessionAnswer {
    accessToken: string;
    accessExpiresAt: string;
    refreshToken: string;
    user: Account;
}

export type Role = 'player' | 'spectator';

export interface Member {
    user: string;
    name: string;
    guest: boolean;
    role: Role;
    ready: boolean;
    seat: number | null;
    joinedAt: string;
}

export interface Room {
    id: string;
    name: string;
    game: string;
    mode: string;
    visibility: 'public' | 'private';
    state: 'open' | 'playing';
    host: string;
    version: number;
    playersMax: number;
    playersMin: number;
    match: string | null;
    origin: 'user' | 'matchmaking';
    members: Member[];
    createdAt: string;
}

export interface Message {
    id: string;
    channel: string;
    from: { id: string; username: string };
    text: string;
    createdAt: string;
}

export interface Ticket {
    game: string;
    mode: string;
    state: 'waiting' | 'found';
    since: string;
    waiting: number;
    room: string | null;
}

export interface GameMode {
    id: string;
    playersMin: number;
    playersMax: number;
    teams: number;
}

export interface GameTexts {
    title: string;
    summary: string;
    controls: string;
}

export interface Game {
    id: string;
    title: string;
    version: string;
    sha: string;
    tickHz: number;
    playersMin: number;
    playersMax: number;
    modes: GameMode[];
    client: string;
    /** Path under the game's files, for instance client/icon.svg. */
    icon: string;
    texts: Record<string, GameTexts | undefined>;
    input: unknown;
    playing: number;
}

export interface MatchPlayer {
    user: string;
    name: string;
    slot: number;
    team: number;
    score: number | null;
    place: number | null;
    outcome: null | 'win' | 'loss' | 'draw';
    forfeit: boolean;
}

export interface Match {
    id: string;
    game: string;
    version: string;
    sha: string;
    mode: string;
    room: string;
    state: 'live' | 'ended' | 'aborted';
    startedAt: string;
    endedAt: string | null;
    reason: null | 'finished' | 'forfeit' | 'aborted';
    players: MatchPlayer[];
}

export interface Stats {
    game: string;
    played: number;
    won: number;
    lost: number;
    drawn: number;
}

export interface Presence {
    user: string;
    online: boolean;
    match: string | null;
}

export interface List<T> {
    items: T[];
    next: string | null;
}

export interface Problem {
    title: string;
    status: number;
    code: string;
    detail: string | null;
    field: string | null;
}

export interface SessionReady {
    gateway: string;
    user: { id: string; username: string; guest: boolean; admin: boolean };
    expiresAt: string;
    heartbeatMs: number;
    limits: { messageBytes: number; commandsPerSecond: number; inputsPerSecond: number };
}

export interface GameStarted {
    match: string;
    game: string;
    sha: string;
    mode: string;
    room: string;
    players: { user: string; name: string; slot: number; team: number }[];
    channel: number;
    slot: number | null;
}

export interface MatchFound {
    room: string;
    match: string;
    game: string;
    mode: string;
}

export interface Watching {
    match: string;
    game: string;
    sha: string;
    channel: number;
    slot: number | null;
}
