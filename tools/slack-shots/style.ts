/** Slack's light theme: its measures and colours, in the free font that is nearest to its own. */
export const style = `
* { box-sizing: border-box; }
body { margin: 0; background: #fff; color: #1d1c1d; font: 15px/1.46668 Lato, 'DejaVu Sans', sans-serif; }
main { width: 680px; padding: 14px 20px 16px; display: flex; gap: 10px; }
.avatar { flex: none; width: 36px; height: 36px; border-radius: 8px; background: #0b6e6e; color: #fff;
  font: 26px/36px 'DejaVu Sans', sans-serif; text-align: center; }
.body { min-width: 0; flex: 1; }
.head b { font-weight: 900; }
.app { font-size: 10px; font-weight: 700; background: #e8e8e8; color: #616061; border-radius: 2px; padding: 1px 3px; vertical-align: 1px; }
time { font-size: 12px; color: #616061; margin-left: 2px; }
.section { margin: 4px 0 8px; white-space: pre-wrap; overflow-wrap: anywhere; }
.context { white-space: pre-wrap; font-size: 13px; line-height: 1.38463; color: #616061; margin: 2px 0 8px; overflow-wrap: anywhere; }
b { font-weight: 900; }
a { color: #1264a3; }
code { font: 12px/1.5 'DejaVu Sans Mono', monospace; color: #c01343; background: #eee; border: 1px solid #ddd;
  border-radius: 3px; padding: 1px 3px; }
.context code { font-size: 11px; }
pre { font: 12px/1.5 'DejaVu Sans Mono', monospace; background: #eee; border: 1px solid #ddd; border-radius: 4px;
  padding: 8px; margin: 4px 0 0; white-space: pre-wrap; overflow-wrap: anywhere; }
.actions { display: flex; flex-wrap: wrap; gap: 8px; margin: 8px 0 10px; }
.button { font-weight: 900; font-size: 13px; line-height: 26px; padding: 0 11px; border: 1px solid #bbb; border-radius: 8px; }
.button.primary { background: #007a5a; border-color: #007a5a; color: #fff; }
.button.danger { background: #e01e5a; border-color: #e01e5a; color: #fff; }
`;
