// Lists of Mixpanel's names, fetched once per page: {values: [{value, label, detail}], note, problem}.

import { post, Trouble } from "./wire.js";

const LOOK_AGAIN = 700;
const LOOKS = 40;
const fetched = new Map();

export function listOf(url, project, what, of = [], again = false) {
  const key = JSON.stringify([project, what, ...of]);
  if (again || !fetched.has(key)) {
    const coming = fetchList(url, project, what, of, again);
    fetched.set(key, coming);
    coming.then((list) => { if (list.problem) fetched.delete(key); });
  }
  return fetched.get(key);
}

async function fetchList(url, project, what, of, again) {
  const data = new FormData();
  data.append("project", project);
  data.append("what", what);
  for (const name of of) data.append("of", name);
  if (again) data.append("again", "1");
  try {
    for (let look = 0; look < LOOKS; look += 1) {
      const list = await post(url, data);
      if (!list.loading) return list;
      // Another person's request is fetching the list now.
      data.delete("again");
      await new Promise((resolve) => { setTimeout(resolve, LOOK_AGAIN); });
    }
  } catch (error) {
    if (error instanceof Trouble) return { values: [], note: "", problem: error.message };
    throw error;
  }
  return { values: [], note: "", problem: "Mixpanel has not answered yet." };
}
