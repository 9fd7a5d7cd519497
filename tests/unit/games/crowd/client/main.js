export function create() {}
