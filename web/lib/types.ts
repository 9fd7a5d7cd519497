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
    /** That this player wishes for; null: any. */
    team: number | null;
    joinedAt: string;
}

export type OptionValues = Record<string, number | string | boolean>;

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
    options: OptionValues;
    /** 0: none; 1-3: how well the computer plays the seats that nobody has. */
    bots: number;
    seats: number;
    lateJoin: boolean;
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

export interface Label {
    en: string;
    fr: string;
}

export type GameOption =
    | {
          id: string;
          type: 'integer';
          min: number;
          max: number;
          step: number;
          default: number;
          label: Label;
      }
    | {
          id: string;
          type: 'enum';
          values: { id: string; label: Label }[];
          default: string;
          label: Label;
      }
    | { id: string; type: 'switch'; default: boolean; label: Label };

export interface Game {
    id: string;
    title: string;
    version: string;
    sha: string;
    tickHz: number;
    /** 0: a turn takes as long as it takes. */
    turnSeconds: number;
    playersMin: number;
    playersMax: number;
    /** The computer can play. */
    bots: boolean;
    /** A match may begin with seats that nobody has. */
    openSeats: boolean;
    modes: GameMode[];
    options: GameOption[];
    client: string;
    /** Path under the game's files, for instance client/icon.svg. */
    icon: string;
    texts: Record<string, GameTexts | undefined>;
    input: unknown;
    playing: number;
}

export interface MatchPlayer {
    /** null: the computer. */
    user: string | null;
    name: string;
    slot: number;
    team: number;
    bot: number;
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
    ticks: number | null;
    stateHash: string | null;
    replay: null | 'pending' | 'ready' | 'none';
    versions: MatchVersion[] | null;
}

export interface MatchVersion {
    sha: string;
    version: string;
    /** SHA-256 of its game.so, by which a replay names it. */
    image: string;
    /** Its rules are there for the browser too. */
    rules: boolean;
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
    players: { user: string | null; name: string; slot: number; team: number; bot: number }[];
    channel: number;
    slot: number | null;
}

export interface GameSwapped {
    match: string;
    room: string;
    game: string;
    sha: string;
    version: string;
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

// What an administrator sees.

export interface VersionName {
    sha: string;
    version: string;
}

export interface GameChange {
    from: VersionName | null;
    to: VersionName;
    mode: 'swap' | 'drain';
    outcome: 'rehearsing' | 'off' | 'on_trial' | 'back' | 'draining' | 'done';
    reason: string | null;
    /** That have gone over. */
    matches: number;
    rehearsalMicroseconds: number;
    handOverMicroseconds: number;
}

export interface GameState {
    game: string;
    title: string | null;
    enabled: boolean;
    phase: 'settled' | 'rehearsing' | 'parking' | 'on_trial' | 'draining';
    /** When a trial is passed, or when drained matches are ended. */
    until: string | null;
    current: VersionName | null;
    recorded: boolean;
    closed: boolean;
    change: GameChange | null;
    waiting: VersionName | null;
    playing: (VersionName & { matches: number; players: number })[];
    deaths: number;
    lastDeath: (VersionName & { at: string; what: string }) | null;
    /** Of a crash: the name of its folder in DATA/crashes. */
    lastBundle: string | null;
    /** How many versions are. */
    quarantined: number;
}

export interface GameVersion {
    game: string;
    sha: string;
    version: string | null;
    state: 'current' | 'admitted' | 'refused' | 'quarantined';
    code: string | null;
    reason: string | null;
    by: { user: string | null; name: string };
    broughtAt: string;
    liveAt: string | null;
    enabled: boolean;
}

export interface Released {
    game: string;
    from: string | null;
    to: string;
    version: string;
    outcome: 'done' | 'on_trial' | 'draining' | 'waiting';
    matches: number;
    reason: string | null;
    recorded: boolean;
}

export interface AuditEntry {
    id: string;
    at: string;
    by: { user: string | null; name: string };
    action: string;
    game: string;
    version: string | null;
    sha: string | null;
    request: string | null;
    outcome: 'done' | 'refused' | 'failed';
    code: string | null;
    reason: string | null;
}
