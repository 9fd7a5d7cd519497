// The one kind of failure that pages handle: a stable code, a sentence and perhaps a field, from a
// REST problem, from a refused command or from the way there.
import type { Problem } from './types';

export class Failure extends Error {
    readonly code: string;
    readonly field: string | null;
    readonly status: number;
    /** What the service has to say about this one case, in English; for administrators. */
    readonly detail: string | null;

    constructor(
        code: string,
        message: string,
        field: string | null = null,
        status = 0,
        detail: string | null = null,
    ) {
        super(message);
        this.code = code;
        this.field = field;
        this.status = status;
        this.detail = detail;
    }
}

export function failureOfProblem(status: number, body: unknown): Failure {
    const problem = (body ?? {}) as Partial<Problem>;
    if (typeof problem.code === 'string') {
        return new Failure(
            problem.code,
            problem.title ?? problem.code,
            problem.field ?? null,
            status,
            problem.detail ?? null,
        );
    }
    const code =
        status === 401 ? 'unauthenticated' : status === 429 ? 'too_many_requests' : 'unavailable';
    return new Failure(code, `HTTP ${status}`, null, status);
}

export function failureOf(error: unknown): Failure {
    if (error instanceof Failure) return error;
    return new Failure('internal', error instanceof Error ? error.message : String(error));
}
