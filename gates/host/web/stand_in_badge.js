import { app } from '../../scripts/app.js'

const TITLE = 'Stand-in for ComfyUI'
const NOTE = 'Served by the stand-in host of Dataset Gates, not by ComfyUI: for tests and a first try, it runs no models.'

function badge() {
  const element = document.createElement('div')
  element.id = 'gates-stand-in-badge'
  element.dataset.testid = 'gates-stand-in-badge'
  element.textContent = TITLE
  element.title = NOTE
  element.style.cssText = `position:fixed;left:50%;bottom:8px;transform:translateX(-50%);z-index:20;
    padding:4px 8px;border:1px solid var(--border-color);border-radius:4px;pointer-events:none;
    background:var(--comfy-menu-bg);color:var(--descrip-text);font:11px/16px sans-serif;`
  return element
}

app.registerExtension({
  name: 'gates.host.stand_in_badge',
  setup() {
    if (!document.getElementById('gates-stand-in-badge')) document.body.append(badge())
  }
})
