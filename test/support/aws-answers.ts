import { type Answer, json } from "./http-servers.ts";

/** A document of one of AWS's XML APIs. */
export function xml(text: string, status = 200): Answer {
  return (_, response) => {
    response.writeHead(status, { "content-type": "text/xml;charset=UTF-8" });
    response.end(`<?xml version="1.0" encoding="UTF-8"?>\n${text}`);
  };
}

/** Answers of an API that is asked with forms, by the action that is asked for. */
export function queryApi(actions: Readonly<Record<string, (form: URLSearchParams) => Answer>>): Answer {
  return (request, response) => {
    const form = new URLSearchParams(request.body);
    const action = actions[form.get("Action") ?? ""] ?? (() => xml(ec2Error("InvalidAction", "no such action"), 400));
    action(form)(request, response);
  };
}

/** What EC2 answers with a status that means failure. */
export function ec2Error(code: string, message: string): string {
  const error = `<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return `<Response><Errors>${error}</Errors><RequestID>1</RequestID></Response>`;
}

/** Answers of an API that is asked in JSON, by the operation that is asked for. */
export function jsonApi(
  operations: Readonly<Record<string, (body: Readonly<Record<string, unknown>>) => unknown>>,
): Answer {
  return (request, response) => {
    const operation = String(request.headers["x-amz-target"]).split(".")[1] ?? "";
    const answer = operations[operation];
    const body = JSON.parse(request.body) as Readonly<Record<string, unknown>>;
    if (answer === undefined) json({ __type: "UnknownOperationException" }, 400)(request, response);
    else json(answer(body))(request, response);
  };
}
